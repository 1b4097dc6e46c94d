import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { format, formatLine } from "./format.ts";
import type { Instruction, SourceLine } from "./instruction.ts";

const exit: Instruction = { kind: "exit" };
const zero: Instruction = { kind: "alu", op: "mov", width: 64, dst: "r0", src: 0 };
const wide: Instruction = { kind: "wide-load", dst: "r1", value: { kind: "map", name: "events" } };
const check = (instructions: Instruction | readonly Instruction[], ...lines: string[]): void =>
  assert.equal(format(instructions), lines.join("\n"));

describe("format", () => {
  it("prints one instruction without number and opcode", () => check(zero, "r0 = 0"));
  it("prints nothing for no instructions", () => check([]));
  it("prints a list with slot numbers and opcodes", () =>
    check(
      [wide, zero, exit],
      "   0: (18) r1 = map[events]",
      "   2: (b7) r0 = 0",
      "   3: (95) exit",
    ));
  it("prints one line of such a list", () =>
    assert.equal(formatLine(zero, 1234), "1234: (b7) r0 = 0"));
  it("prints labels before what they name", () =>
    check(
      [
        { kind: "jump", target: "end" },
        { ...exit, label: "end" },
      ],
      "   0: (05) goto end",
      "end:",
      "   1: (95) exit",
    ));
  it("prints names of what is not numbered yet", () => {
    const load = (value: Extract<Instruction, { kind: "wide-load" }>["value"]): Instruction => ({
      kind: "wide-load",
      dst: "r1",
      value,
    });
    check(load({ kind: "map-value", name: ".bss", offset: 8 }), "r1 = map[.bss][0]+8");
    check(load({ kind: "variable", name: "runqueues" }), "r1 = btf[runqueues]");
    check(load({ kind: "function", target: "callback" }), "r1 = subprog[callback]");
    check(
      { kind: "call-kfunc", function: "bpf_rdonly_cast" },
      "call kernel-function#bpf_rdonly_cast",
    );
    check({ kind: "call-local", target: "sub" }, "call sub");
  });
  it("prints numbers of maps without a sign, as bpftool does", () =>
    check(
      { kind: "wide-load", dst: "r1", value: { kind: "map-fd", fd: -1 } },
      "r1 = map[id:4294967295]",
    ));
  it("asks for names of helpers", () => {
    const helperSymbol = (id: number): string | undefined =>
      id === 1 ? "bpf_map_lookup_elem" : undefined;
    const call = (id: number): string => format({ kind: "call-helper", id }, { helperSymbol });
    assert.equal(call(1), "call bpf_map_lookup_elem#1");
    assert.equal(call(2), "call unknown#2");
  });
});

describe("source text", () => {
  const from = (line: number, text: string): { source: SourceLine } => ({
    source: { file: "exec.ts", line, column: 1, text },
  });
  const program = [
    { ...zero, ...from(3, "  return 0;") },
    { ...exit, ...from(3, "  return 0;") },
    { ...exit, ...from(9, "done();") },
  ];
  it("stands before the first instruction it became", () =>
    check(
      program,
      "; return 0;",
      "   0: (b7) r0 = 0",
      "   1: (95) exit",
      "; done();",
      "   2: (95) exit",
    ));
  it("can be left out", () => assert.doesNotMatch(format(program, { source: "none" }), /;/));
});
