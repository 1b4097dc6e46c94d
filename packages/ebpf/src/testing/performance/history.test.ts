import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { appendHistory, type Measurement, readHistory } from "./history.ts";
import { trendsIn } from "./trend.ts";

const folder = mkdtempSync(join(tmpdir(), "history-"));
after(() => rmSync(folder, { recursive: true }));
let files = 0;
const newPath = (): string => join(folder, `${files++}.jsonl`);

function measurement(value: number, more: Partial<Measurement> = {}): Measurement {
  return {
    kind: "measurement",
    time: new Date(Date.UTC(2026, 0, 1) + value * 1000).toISOString(),
    benchmark: "filter",
    metric: "nanoseconds",
    value,
    low: value,
    high: value,
    machine: "cpu",
    release: "6.18.0",
    ...more,
  };
}

describe("a history", () => {
  it("is empty when there is no file", () =>
    assert.deepEqual(readHistory(newPath()), { entries: [], damaged: 0 }));

  it("gives back what was appended, in its order", () => {
    const path = newPath();
    const all = [measurement(1, { label: "a\nb" }), measurement(2), measurement(3)];
    appendHistory(path, all.slice(0, 2));
    appendHistory(path, []);
    appendHistory(path, all.slice(2));
    assert.deepEqual(readHistory(path), { entries: all, damaged: 0 });
    assert.equal(readFileSync(path, "utf8").split("\n").length, 4);
  });

  it("survives a torn line, wherever it was torn", () => {
    const whole = `${JSON.stringify(measurement(1))}\n`;
    for (let length = 1; length < whole.length - 1; length += 7) {
      const path = newPath();
      writeFileSync(path, whole + whole);
      truncateSync(path, whole.length + length);
      appendHistory(path, [measurement(2)]);
      const { entries, damaged } = readHistory(path);
      assert.deepEqual(entries, [measurement(1), measurement(2)], `torn at ${length}`);
      assert.equal(damaged, 1);
    }
  });

  it("skips what is no entry, and counts it", () => {
    const path = newPath();
    const others = [null, 7, {}, { ...measurement(1), value: -1 }, { ...measurement(1), time: 1 }];
    for (const other of [...others, { kind: "acceptance", benchmark: "x" }])
      appendFileSync(path, `${JSON.stringify(other)}\n`);
    appendFileSync(path, "\n\n");
    assert.deepEqual(readHistory(path), { entries: [], damaged: 6 });
  });

  it("says why it cannot be used", () => {
    const refused = { name: "InvalidArgumentError", message: /^cannot use .* as a history: E/ };
    assert.throws(() => appendHistory(join(folder, "none", "x"), [measurement(1)]), refused);
    assert.throws(() => readHistory(folder), refused);
  });

  it("is written to by several at once", async () => {
    const path = newPath();
    const script = `
      import { appendHistory } from ${JSON.stringify(new URL("history.ts", import.meta.url).href)};
      const [, path, from, entry] = process.argv;
      for (let index = 0; index < 100; index++)
        appendHistory(path, [{ ...JSON.parse(entry), value: Number(from) + index }]);`;
    const writers = [1000, 2000, 3000].map((from) => {
      const given = [
        path,
        String(from),
        JSON.stringify(measurement(1, { label: "x".repeat(500) })),
      ];
      const options = ["--conditions=@ts-ebpf/source", "--input-type=module", "-e", script, "--"];
      const child = spawn(process.execPath, [...options, ...given], { stdio: "inherit" });
      return once(child, "exit") as Promise<[number]>;
    });
    for (const [code] of await Promise.all(writers)) assert.equal(code, 0);
    const { entries, damaged } = readHistory(path);
    assert.equal(damaged, 0);
    const values = entries.map((entry) => (entry as Measurement).value);
    assert.equal(new Set(values).size, 300);
  });
});

describe("trendsIn", () => {
  const days = (values: readonly number[], more: Partial<Measurement> = {}): Measurement[] =>
    values.map((value, day) =>
      measurement(value, { time: new Date(Date.UTC(2026, 0, 1 + day)).toISOString(), ...more }),
    );
  const level = (count: number, value: number): number[] =>
    Array.from({ length: count }, (_, index) => value + (index % 3) / 10);
  const kinds = (entries: readonly Measurement[]): string[] =>
    trendsIn(entries).map(({ kind }) => kind);

  it("tells regressions, improvements and nothing", () => {
    assert.deepEqual(kinds(days([...level(20, 50), ...level(6, 60)])), ["regression"]);
    assert.deepEqual(kinds(days([...level(20, 50), ...level(6, 40)])), ["improvement"]);
    assert.deepEqual(kinds(days(level(26, 50))), ["steady"]);
    assert.deepEqual(kinds(days(level(9, 50))), ["short"]);
  });
  it("ignores changes that are sure and small", () =>
    assert.deepEqual(kinds(days([...level(20, 50), ...level(20, 50.5)])), ["steady"]));
  it("keeps machines, benchmarks and metrics apart", () => {
    const one = days(level(12, 50));
    const other = days(level(12, 70), { machine: "other" });
    const third = days(level(12, 70), { benchmark: "other" });
    assert.deepEqual(kinds([...one, ...other, ...third]), ["steady", "steady", "steady"]);
  });
  it("tells since when", () => {
    const [trend] = trendsIn(days([...level(20, 50), ...level(6, 60)]));
    assert.equal(trend!.change!.since.time, "2026-01-21T00:00:00.000Z");
    assert.equal(trend!.change!.at, 20);
    assert.ok(Math.abs(trend!.level - 60.1) < 0.2);
    assert.ok(Math.abs(trend!.change!.ratio - 1.2) < 0.02);
  });
  it("does not take a slower machine for a slower program", () => {
    const slow = 1.3;
    const entries = [...level(20, 50), ...level(10, 50 * slow)].map((value, day) => ({
      value,
      reference: day < 20 ? 100 : 100 * slow,
    }));
    const all = days(entries.map(({ value }) => value));
    const referenced = all.map((one, day) => ({ ...one, reference: entries[day]!.reference }));
    assert.deepEqual(kinds(all), ["regression"]);
    assert.deepEqual(kinds(referenced), ["steady"]);
  });
  it("takes a level for normal that was accepted", () => {
    const entries = days([...level(20, 50), ...level(12, 60)]);
    const { benchmark, metric, machine, time: from } = entries[20]!;
    const now = "2026-03-01T00:00:00.000Z";
    const acceptance = { kind: "acceptance", time: now, benchmark, metric, machine, from } as const;
    const [trend] = trendsIn([...entries, acceptance]);
    assert.equal(trend!.kind, "steady");
    assert.equal(trend!.measurements.length, 12);
  });
  it("counts every change of instructions at once", () => {
    const counted = { metric: "instructions" } as const;
    assert.deepEqual(kinds(days([100, 100, 101], counted)), ["regression"]);
    assert.deepEqual(kinds(days([100], counted)), ["steady"]);
  });
});
