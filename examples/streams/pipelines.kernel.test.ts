import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, it } from "node:test";
import { load } from "ts-ebpf";
import { needs } from "ts-ebpf/testing";
import { keepPrinted } from "../testing-printed.ts";
import * as pipelines from "./pipelines.ts";

describe("pipelines", needs("root", "bpf", "btf", "ringbuf"), () => {
  const { events, onExec } = pipelines;
  const tracing = async () => {
    const tracer = await load({ events, onExec });
    tracer.attach();
    return tracer;
  };

  it("filter, shape and gather events", async (test) => {
    const printed = keepPrinted(test);
    await using tracer = await tracing();
    for (let time = 0; time < 4; time++) spawnSync("/bin/true");
    const [first, second] = await pipelines.lines(tracer.events, 2);
    assert.match(first!, /^true \(\d+\), true \(\d+\)$/);
    assert.match(second!, /^true \(\d+\), true \(\d+\)$/);
    const [source, ...stages] = printed;
    // Whoever else starts something meanwhile is filtered out.
    assert.ok(source![0] === "source" && Number(source![2]) >= 4, String(source));
    assert.deepEqual(stages, [
      ["filter", source![2], 4, 0],
      ["map", 4, 4, 0],
      ["forEach", 2, 2, 0],
    ]);
  });

  it("read through a bounded queue", async (test) => {
    const printed = keepPrinted(test);
    await using tracer = await tracing();
    for (let time = 0; time < 3; time++) spawnSync("/bin/true");
    const saved: string[] = [];
    const save = async (comm: string) => void saved.push(comm);
    assert.equal(await pipelines.store(tracer.events, save, 3), 3);
    assert.equal(saved.length, 3);
    assert.match(String(printed.at(-1)), /^3 saved, 0 dropped, \d+(\.\d+)? per second$/);
  });

  it("are web streams", async () => {
    await using tracer = await tracing();
    spawnSync("/bin/true");
    const stop = new AbortController();
    for await (const line of pipelines.json(tracer.events, stop.signal)) {
      assert.equal(typeof (JSON.parse(line) as { pid: unknown }).pid, "number");
      break;
    }
    stop.abort();
  });
});
