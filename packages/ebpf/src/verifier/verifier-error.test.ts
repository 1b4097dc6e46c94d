import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InvalidArgumentError } from "../base/errors.ts";
import type { Instruction, SourceLine } from "../isa/instruction.ts";
import { missingNullCheck } from "./testing-logs.ts";
import { VerifierError } from "./verifier-error.ts";

const withoutSource = missingNullCheck.replaceAll(/^;.*\n/gm, "");

function sourceOn(number: number, column: number, text: string): SourceLine {
  return { file: "counter.ts", line: number, column, text };
}

/** The instructions of the log; the wide load is the second of them. */
const instructions: readonly Instruction[] = [
  { kind: "store", size: "u32", base: "r10", offset: -4, src: 0 },
  { kind: "wide-load", dst: "r1", value: { kind: "map", name: "counts" } },
  { kind: "alu", op: "mov", width: 64, dst: "r2", src: "r10" },
  { kind: "alu", op: "add", width: 64, dst: "r2", src: -4 },
  { kind: "call-helper", id: 1, source: sourceOn(8, 13, "  const v = counts.lookup(0);") },
  {
    kind: "load",
    size: "u64",
    dst: "r1",
    base: "r0",
    offset: 0,
    source: sourceOn(9, 3, "  v.value += 1n;"),
  },
];

describe("VerifierError", () => {
  it("shows the line of source with cause and hint", () => {
    const error = new VerifierError("count", withoutSource, { instructions });
    assert.deepEqual(error.message.split("\n"), [
      `counter.ts:9:3 - error: program "count" was rejected at instruction 6: R0 invalid mem access 'map_value_or_null'`,
      "",
      "    9 |   v.value += 1n;",
      "      |   ^",
      "",
      `  cause: r0 holds the result of a lookup in map "counts", which may be nothing (null), and it was not compared with 0`,
      "  hint: check it before use: if (!v) return. A non-null assertion (!) does not convince the kernel",
    ]);
    assert.equal(error.source?.line, 9);
    assert.equal(error.explanation?.id, "null-dereference");
  });

  it("speaks of registers when there is no source", () => {
    const error = new VerifierError("count", withoutSource);
    assert.deepEqual(error.message.split("\n").slice(0, 1), [
      `program "count" was rejected at instruction 6: R0 invalid mem access 'map_value_or_null'`,
    ]);
    assert.equal(error.source, undefined);
    assert.equal(error.instruction, 6);
    assert.equal(error.instructionText, "r1 = *(u64 *)(r0 +0)");
    assert.match(error.hint ?? "", /jump away when r0 is 0/);
  });

  it("uses the source that the kernel knows, when the instructions have none", () => {
    const { message } = new VerifierError("count", missingNullCheck);
    assert.match(message, /^counter\.ts:9:1 - .*\n\n {4}9 \| v\.value \+= 1n;\n {6}\| \^\n/);
  });

  const inC = missingNullCheck.replaceAll("counter.ts", "counter.bpf.c");
  const hintOn = (log: string): string => new VerifierError("count", log).hint ?? "";

  it("speaks C when the source is in C", () => {
    assert.equal(hintOn(inC), "check it before use: if (!v) return 0;");
    const arrow = inC.replace("v.value += 1n;", "v->value++;");
    assert.equal(hintOn(arrow), "check it before use: if (!v) return 0;");
  });

  it("speaks C when lines of source come without a file, as before Linux 6.9", () => {
    assert.match(hintOn(inC.replaceAll(/ @ counter.*/g, "")), /if \(!value\) return 0;/);
  });

  it("shows where something was acquired that is not released", () => {
    const log = `6: (79) r1 = *(u64 *)(r0 +0)
Unreleased reference id=2 alloc_insn=5
BPF_EXIT instruction in main prog would lead to reference leak`;
    const error = new VerifierError("count", log, { instructions });
    assert.equal(error.origin?.line, 8);
    assert.match(error.message, /acquired at counter\.ts:8:13\n\n {4}8 \| /);
  });

  it("keeps the whole log, without the rest of the buffer", () => {
    const error = new VerifierError("count", `${withoutSource}\0\0\0garbage`);
    assert.equal(error.log.length, 9);
    assert.match(error.log[8]!, /^processed 6 insns/);
  });

  it("formats as message, log and cause, and gives the hint once", () => {
    const cause = new InvalidArgumentError("EACCES");
    const text = new VerifierError("count", withoutSource, { instructions, cause }).format();
    const lines = text.split("\n");
    assert.match(
      lines[0]!,
      /^VerifierError \[VERIFIER_REJECTED\]: counter\.ts:9:3 - error: program/,
    );
    assert.equal(lines.filter((line) => line.startsWith("  hint: ")).length, 1);
    assert.ok(lines.includes("  verifier log:"));
    assert.equal(lines.at(-1), "  caused by: EACCES");
  });

  it("shows the end of a long log and says what it leaves out", () => {
    const steps = Array.from({ length: 50 }, (_, index) => `${index}: (b7) r0 = ${index}`);
    const text = new VerifierError("long", `${steps.join("\n")}\nprocessed 50 insns`).format();
    assert.match(text, /… \(31 lines before, see error\.log\)/);
  });

  it("does not bring the log along when it is printed as an object", () =>
    assert.deepEqual(Object.keys(new VerifierError("count", withoutSource)).toSorted(), [
      "code",
      "hint",
      "name",
    ]));

  it("admits when the log is empty, or not understood", () => {
    assert.match(new VerifierError("x", "\0").message, /: the kernel gave no reason\n/);
    const error = new VerifierError("x", "something new");
    assert.match(error.message, /rejected: something new\n {2}hint: error\.log has/);
    assert.equal(error.explanation, undefined);
  });
});
