import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { bpf, load, rawTracepoint } from "ts-ebpf";
import { needs } from "ts-ebpf/testing";
import { ExitCode } from "../exit-code.ts";
import { startCommand } from "../testing/command.ts";

const onEnter = rawTracepoint("sys_enter", () => {
  "use bpf";
  return bpf.getSmpProcessorId() > 1000 ? 1 : 0;
});

/** What `show program` with these words shows of a program that is loaded meanwhile. */
async function shown(words: readonly string[]): Promise<readonly string[]> {
  await using collection = await load({ onEnter });
  using command = startCommand(["show", "program", String(collection.onEnter.id), ...words]);
  assert.equal(await command.ended, ExitCode.ok, command.errors());
  return command.lines;
}

describe("show program", needs("root", "bpf", "btf"), () => {
  it("shows instructions with their lines", async () => {
    const lines = await shown([]);
    assert.match(lines[0]!, /^\d+: onEnter {2}raw_tracepoint {2}tag [0-9a-f]{16}$/);
    assert.ok(lines.includes("onEnter:"));
    assert.ok(lines.some((line) => line.startsWith("; return bpf.getSmpProcessorId() > 1000")));
    assert.ok(lines.some((line) => /^ +\d+: exit$/.test(line)));
  });
  it("shows machine code with its lines", async () => {
    const lines = await shown(["--jited"]);
    assert.ok(lines.some((line) => line.startsWith("onEnter:")));
    assert.ok(lines.some((line) => /^ +0: ([0-9a-f]{2} ?)+$/.test(line)));
  });
  it("tells programs everything", async () => {
    const lines = await shown(["--json"]);
    const program = JSON.parse(lines.join("\n")) as {
      readonly name: string;
      readonly instructions: readonly { readonly text: string }[];
      readonly functions: readonly { readonly name: string }[];
    };
    assert.equal(program.name, "onEnter");
    assert.equal(program.instructions.at(-1)!.text, "exit");
    assert.equal(program.functions[0]!.name, "onEnter");
  });
  it("says when there is none", async () => {
    using command = startCommand(["show", "program", "2147483000"]);
    assert.equal(await command.ended, ExitCode.failed);
    assert.match(command.errors(), /there is no program 2147483000/);
  });
  it("wants a number", async () => {
    using command = startCommand(["show", "program", "onEnter"]);
    assert.equal(await command.ended, ExitCode.usage);
  });
});
