import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Instruction, SourceLine } from "../isa/instruction.ts";
import { logLines, parseRejection } from "./rejection.ts";
import { sourceAt, sourceInLog, variableAt } from "./source-place.ts";
import { missingNullCheck, structuredLog } from "./testing-logs.ts";

const line = (number: number): SourceLine => ({ file: "a.ts", line: number, column: 1, text: "" });

const exit: Instruction = { kind: "exit" };
const instructions: readonly Instruction[] = [
  exit,
  { kind: "wide-load", dst: "r1", value: 1n, source: line(1) },
  { ...exit, source: line(2) },
  exit,
];

describe("sourceAt", () => {
  const check = (slot: number, expected: number | undefined): void =>
    assert.equal(sourceAt(instructions, slot)?.line, expected, `slot ${slot}`);

  it("counts wide loads as two", () => {
    check(1, 1);
    check(2, 1); // the second half of the wide load
    check(3, 2);
  });

  it("takes the last source before an instruction that has none", () => check(4, 2));

  it("is nothing before the first source, and outside of the program", () => {
    check(0, undefined);
    check(5, undefined);
    assert.equal(sourceAt([], 0), undefined);
  });
});

describe("sourceInLog", () => {
  it("is the kernel's comment", () =>
    assert.deepEqual(sourceInLog(parseRejection(logLines(missingNullCheck))), {
      file: "counter.ts",
      line: 9,
      column: 1,
      text: "v.value += 1n;",
    }));

  it("is the place of the report, where there is one", () =>
    assert.equal(sourceInLog(parseRejection(logLines(structuredLog)))?.column, 3));

  it("is nothing without line information, or without a file (before 6.9)", () => {
    for (const log of ["", "0: (95) exit\nR0 !read_ok", "; return;\n0: (95) exit\nR0 !read_ok"]) {
      assert.equal(sourceInLog(parseRejection(logLines(log))), undefined, log);
    }
  });
});

describe("variableAt", () => {
  const check = (text: string, column: number, expected: string | undefined): void =>
    assert.equal(variableAt({ file: "a.ts", line: 1, column, text }), expected);

  it("is the name that something is taken from", () => {
    check("  v.value += 1n;", 3, "v");
    check("x = v!.value;", 5, "v");
    check("v?.[0]", 1, "v");
    check("v->value++;", 1, "v");
  });

  it("is nothing where no name is used like that", () => {
    check("return 0;", 1, undefined);
    check("v += 1;", 1, undefined);
    check("v.value", 99, undefined);
  });
});
