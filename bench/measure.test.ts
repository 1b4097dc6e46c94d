import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Answer, Benchmark } from "./benchmark.ts";
import { choose, figureNames } from "./benchmarks.ts";
import { measure } from "./measure.ts";

/** A benchmark whose sides answer what they are told and note when they were asked. */
function scripted(ours: readonly Answer[], peer: readonly Answer[]) {
  const asked: string[] = [];
  const side = (name: string, answers: readonly Answer[]) => {
    let next = 0;
    return {
      round: async () => {
        asked.push(name);
        return answers[next++ % answers.length]!;
      },
    };
  };
  const benchmark: Benchmark = {
    figures: [{ name: "speed", field: "ns", unit: "ns", about: "" }],
    tools: [],
    runs: 2,
    warmUps: 2,
    open: async (_size, resources) => {
      resources.defer(() => {
        asked.push("closed");
      });
      return { ours: side("ours", ours), peer: side("peer", peer) };
    },
  };
  return { benchmark, asked };
}

describe("measure", () => {
  it("lets the sides take turns, and swaps who goes first", async () => {
    const { benchmark, asked } = scripted([{ ns: 3 }], [{ ns: 2 }]);
    await measure(benchmark, { size: "full" });
    const expected = ["ours", "peer", "peer", "ours", "ours", "peer", "peer", "ours", "closed"];
    assert.deepEqual(asked, expected);
  });

  it("leaves warm-ups out", async () => {
    const { benchmark } = scripted([{ ns: 100 }, { ns: 100 }, { ns: 3 }, { ns: 3 }], [{ ns: 2 }]);
    const [speed] = await measure(benchmark, { size: "full" });
    assert.deepEqual(
      { ...speed, figure: undefined },
      {
        figure: undefined,
        ours: 3,
        peer: 2,
        ratio: 1.5,
        runs: 2,
      },
    );
  });

  it("makes as many rounds as it is told", async () => {
    const { benchmark } = scripted([{ ns: 3 }], [{ ns: 2 }]);
    const [speed] = await measure(benchmark, { size: "tiny", runs: 5 });
    assert.equal(speed?.runs, 5);
  });

  it("refuses an answer that lacks the figure, and closes the sides", async () => {
    const { benchmark, asked } = scripted([{ ns: 3 }], [{ ms: 2 }]);
    await assert.rejects(measure(benchmark, { size: "full" }), /speed: an answer lacks "ns"/);
    assert.equal(asked.at(-1), "closed");
  });
});

describe("benchmarks", () => {
  it("have the names that are promised", () => {
    const promised = ["map-lookup", "map-update", "map-batch", "map-mmap"];
    const names = figureNames();
    for (const name of [...promised, "ring-drain", "ring-latency", "startup"]) {
      assert.ok(names.includes(name), name);
    }
    assert.equal(new Set(names).size, names.length);
  });

  it("are chosen by the names of their figures", () => {
    const namesOf = (chosen: readonly Benchmark[]) =>
      chosen.map(({ figures }) => figures.map(({ name }) => name));
    assert.deepEqual(namesOf(choose(["ring-latency"])), [["ring-latency"]]);
    assert.deepEqual(namesOf(choose(["ring-latency-p99", "map-lookup"])), [
      ["map-lookup"],
      ["ring-latency-p99"],
    ]);
    assert.deepEqual(namesOf(choose([])).flat(), figureNames());
  });
});
