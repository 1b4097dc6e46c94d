import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { needs } from "ts-ebpf/testing";
import { ExitCode } from "../exit-code.ts";
import { startCommand } from "../testing/command.ts";
import { countingSource, ProgramFolder } from "../testing/program-folder.ts";

/** What `dump` with these words shows of the counting program. */
async function dumped(words: readonly string[]): Promise<readonly string[]> {
  using folder = new ProgramFolder();
  const file = folder.write("count.ts", countingSource());
  using command = startCommand(["dump", file, ...words]);
  assert.equal(await command.ended, ExitCode.ok, command.errors());
  return command.lines;
}

describe("dump", needs("btf"), () => {
  it("shows instructions beside the lines they were made of", async () => {
    const [title = "", empty, ...lines] = await dumped([]);
    assert.match(title, /^onCall {2}raw_tracepoint {2}sys_enter {2}\d+ instructions$/);
    assert.equal(empty, "");
    assert.match(
      lines[1]!,
      /^ {4}0: call bpf_get_current_pid_tgid#14 +│ 10 {2}const pid = u32\(bpf\.getCurrentPidTgid\(\) >> 32n\);$/,
    );
    assert.ok(lines.some((line) => /^ +\d+: r1 = map\[counts\]/.test(line)));
  });
  it("shows lines with their instructions", async () => {
    const lines = await dumped(["--source"]);
    const at = lines.findIndex((line) => /count\.ts:10 {2}const pid = /.test(line));
    assert.match(lines[at + 1]!, /^ +(0: call|onCall:)/);
  });
  it("shows instructions as bpftool does", async () => {
    const lines = await dumped(["--asm"]);
    assert.ok(lines.some((line) => /^ +0: \(85\) call bpf_get_current_pid_tgid#14$/.test(line)));
    assert.ok(!lines.some((line) => line.includes("│")));
  });
  it("shows the intermediate representation", async () => {
    const lines = await dumped(["--ir"]);
    assert.ok(lines.some((line) => line.startsWith("function onCall(")));
  });
  it("shows every step when it does not optimise", async () => {
    const [plain, optimised] = [await dumped(["--optimize", "none"]), await dumped([])];
    const copies = (lines: readonly string[]): number =>
      lines.filter((line) => line.includes("map[target]")).length;
    // The variable is read wherever it is written; optimised, once.
    assert.deepEqual([copies(plain), copies(optimised)], [2, 1]);
  });
  it("tells programs everything", async () => {
    const [line = ""] = await dumped(["--json"]);
    const { programs } = JSON.parse(line) as { readonly programs: readonly Program[] };
    const [{ instructions, ir, functions, ...rest }] = programs as [Program];
    assert.deepEqual(rest, {
      name: "onCall",
      type: "raw_tracepoint",
      target: { kind: "raw_tracepoint", name: "sys_enter" },
      maps: ["target", "counts", "calls"],
    });
    assert.deepEqual(functions, [{ name: "onCall", index: 0 }]);
    assert.match(ir, /^function onCall/);
    const { slot, text, source } = instructions[0]!;
    assert.deepEqual([slot, text, source.line], [0, "call bpf_get_current_pid_tgid#14", 10]);
  });
  it("says which programs there are", async () => {
    using folder = new ProgramFolder();
    const file = folder.write("count.ts", countingSource());
    using command = startCommand(["dump", file, "--program", "none"]);
    assert.equal(await command.ended, ExitCode.failed);
    assert.match(command.errors(), /no program "none"\n {2}hint: it has onCall/);
  });
});

interface Program {
  readonly name: string;
  readonly functions: readonly object[];
  readonly ir: string;
  readonly instructions: readonly {
    readonly slot: number;
    readonly text: string;
    readonly source: { readonly line: number };
  }[];
}
