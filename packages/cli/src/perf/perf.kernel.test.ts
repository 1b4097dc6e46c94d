import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import { type Measurement, needs, readHistory } from "ts-ebpf/testing";
import { ExitCode } from "../exit-code.ts";
import { startCommand } from "../testing/command.ts";
import { ProgramFolder } from "../testing/program-folder.ts";

const source = `
  import { hashMap, rawTracepoint, u32, xdp } from "ts-ebpf";
  import { benchmark, ethernet } from "ts-ebpf/testing";
  const seen = hashMap("seen", u32, u32, 16);
  const program = xdp(() => { "use bpf"; return seen.lookup(7) ? 1 : 2; });
  const packet = ethernet().ipv4();
  export const found = benchmark(program, {
    packet, prepare: (test) => test.map(seen).set(7, 7),
  });
  export const missing = benchmark(program, { packet });
`;

describe("ts-ebpf perf run", needs("root", "bpf", "btf"), () => {
  it("times programs in the running kernel", async () => {
    using folder = new ProgramFolder();
    const history = join(folder.path, "history.jsonl");
    const file = folder.write("lookup.bench.ts", source);
    using command = startCommand(["perf", "run", file, "--history", history, "--batches", "5"]);
    assert.equal(await command.ended, ExitCode.ok, command.errors());
    assert.match(
      command.lines.join("\n"),
      /^found +\d+(\.\d)? ns +1 measurement: too few to tell$/m,
    );
    const measured = readHistory(history).entries as readonly Measurement[];
    assert.deepEqual(
      measured.map(({ benchmark, metric }) => [benchmark, metric]),
      [
        ["found", "nanoseconds"],
        ["missing", "nanoseconds"],
      ],
    );
    for (const { low, value, high } of measured) assert.ok(low <= value && value <= high);
  });
});
