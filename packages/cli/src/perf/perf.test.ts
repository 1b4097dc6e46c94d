import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { appendHistory, type Measurement, readHistory } from "ts-ebpf/testing";
import { ExitCode } from "../exit-code.ts";
import { startCommand } from "../testing/command.ts";
import { ProgramFolder } from "../testing/program-folder.ts";

/** What `perf` with these words ended with, printed and said. */
async function perf(...words: readonly string[]) {
  using command = startCommand(["perf", ...words]);
  const code = await command.ended;
  return { code, text: command.lines.join("\n"), errors: command.errors() };
}

/** Measurements a day apart, with some noise. */
function days(values: readonly number[], benchmark = "filter"): Measurement[] {
  return values.map((value, day) => ({
    kind: "measurement",
    time: new Date(Date.UTC(2026, 0, 1 + day)).toISOString(),
    benchmark,
    metric: "nanoseconds",
    value: value + (day % 3) / 10,
    low: value,
    high: value + 1,
    machine: "cpu",
    release: "6.18.0",
    label: `commit${day}`,
  }));
}

const level = (count: number, value: number): number[] =>
  Array.from({ length: count }, () => value);

const benchFile = (extra: string): string => `
  import { xdp } from "ts-ebpf";
  import { benchmark, ethernet } from "ts-ebpf/testing";
  const program = xdp((ctx) => { "use bpf"; ${extra} return ctx.ingress_ifindex === 7 ? 1 : 2; });
  export const pass = benchmark(program, { packet: ethernet().ipv4() });
  export const other = { kind: "other" };
`;

describe("ts-ebpf perf check", { timeout: 300_000 }, () => {
  it("says what became slower, since when, and fails", async () => {
    using folder = new ProgramFolder({ library: "none" });
    const history = join(folder.path, "history.jsonl");
    appendHistory(history, days([...level(20, 50), ...level(8, 60)]));
    appendHistory(history, days(level(20, 5), "steady one"));
    const { code, text } = await perf("check", "--history", history);
    assert.equal(code, ExitCode.failed);
    assert.match(
      text,
      /^filter +60\.\d ns +slower by 20\.\d % \(.*\) since 2026-01-21 00:00 \(commit20\), 99\.\d+ % sure$/m,
    );
    assert.match(text, /^steady one +5\.1 ns +steady \(20 measurements\)$/m);
  });
  it("prints objects, and damage on standard error", async () => {
    using folder = new ProgramFolder({ library: "none" });
    const history = join(folder.path, "history.jsonl");
    appendHistory(history, days([...level(20, 50), ...level(8, 40)]));
    writeFileSync(history, `${readFileSync(history, "utf8")}{"torn`);
    const { code, text, errors } = await perf("check", "--json", "--history", history);
    assert.equal(code, ExitCode.ok);
    const { trends, damaged } = JSON.parse(text) as {
      trends: { kind: string; benchmark: string; change: { at: number; ratio: number } }[];
      damaged: number;
    };
    assert.equal(damaged, 1);
    assert.match(errors, /1 damaged line/);
    assert.equal(trends[0]!.kind, "improvement");
    assert.equal(trends[0]!.change.at, 20);
  });
  it("is as sure as it is told to be", async () => {
    using folder = new ProgramFolder({ library: "none" });
    const history = join(folder.path, "history.jsonl");
    appendHistory(history, days([...level(20, 50), ...level(8, 52)]));
    const strict = await perf("check", "--history", history, "--threshold", "0.1");
    assert.equal(strict.code, ExitCode.ok);
    const wrong = await perf("check", "--history", history, "--confidence", "99");
    assert.equal(wrong.code, ExitCode.usage);
    assert.match(wrong.errors, /a number from 0 to less than 1/);
  });
  it("says that there is nothing", async () => {
    const { code, errors } = await perf("check", "--history", "/nowhere/history.jsonl");
    assert.equal(code, ExitCode.failed);
    assert.match(errors, /there is no history \/nowhere\/history\.jsonl[^]*ts-ebpf perf run/);
  });
});

describe("ts-ebpf perf accept", { timeout: 300_000 }, () => {
  it("ends the alarm", async () => {
    using folder = new ProgramFolder({ library: "none" });
    const history = join(folder.path, "history.jsonl");
    appendHistory(history, days([...level(20, 50), ...level(12, 60)]));
    const unknown = await perf("accept", "fliter", "--history", history);
    assert.equal(unknown.code, ExitCode.failed);
    assert.match(unknown.errors, /no benchmark "fliter"[^]*it has filter/);
    const accepted = await perf("accept", "filter", "--history", history);
    assert.equal(accepted.code, ExitCode.ok, accepted.errors);
    const { code, text } = await perf("check", "--history", history);
    assert.equal(code, ExitCode.ok);
    assert.match(text, /steady \(12 measurements\)/);
  });
});

describe("ts-ebpf perf run --sim", { timeout: 300_000 }, () => {
  it("counts instructions, and tells every change", async () => {
    using folder = new ProgramFolder();
    const history = join(folder.path, "history.jsonl");
    const run = (extra: string) => {
      const file = folder.write("filter.bench.ts", benchFile(extra));
      return perf("run", file, "--sim", "--history", history, "--label", "x");
    };
    const first = await run("");
    assert.equal(first.code, ExitCode.ok, first.errors);
    assert.match(first.text, /^pass +\d+ instructions +steady \(1 measurement\)$/m);
    assert.equal((await run("")).code, ExitCode.ok);
    const slower = await run("if (ctx.rx_queue_index === 9) return 0;");
    assert.equal(slower.code, ExitCode.failed);
    assert.match(slower.text, /slower by \d+\.\d % of instructions since .* \(x\)$/m);
    const { entries } = readHistory(history);
    assert.equal(entries.length, 3);
    assert.equal((await run("")).code, ExitCode.ok);
  });
  it("says what a file lacks", async () => {
    using folder = new ProgramFolder();
    const file = folder.write("none.ts", "export const x = 1;");
    const none = await perf("run", file, "--sim");
    assert.equal(none.code, ExitCode.failed);
    assert.match(none.errors, /none\.ts exports no benchmark/);
    const other = folder.write("filter.bench.ts", benchFile(""));
    const missing = await perf("run", other, "--sim", "--export", "pas");
    assert.match(missing.errors, /exports no benchmark "pas"[^]*it has pass/);
  });
});
