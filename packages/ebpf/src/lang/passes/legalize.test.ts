import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Comparison } from "../../isa/instruction.ts";
import type { BinaryOperator, Operand } from "../ir/operation.ts";
import { legalizeWidths } from "./legalize.ts";
import { binary32, binary64, returnCondition, textAfter } from "./testing-pass.ts";

/** The lines that `a op right` of 32 bits becomes. */
function binary(op: BinaryOperator, right?: Operand): string[] {
  const lines = textAfter(legalizeWidths, (builder, a, b) =>
    builder.return(builder.define(binary32(op, a, right ?? b))),
  );
  return lines.slice(1, -1);
}

function compare(op: Comparison, right: bigint): string[] {
  const lines = textAfter(legalizeWidths, (builder, left) =>
    returnCondition(builder, { op, width: 32, left, right }),
  );
  return lines.slice(1, 3);
}

describe("legalizeWidths", () => {
  it("cuts off what carries spoil", () => {
    assert.deepEqual(binary("add"), ["%3 = add64 %0.a, %1.b", "%2 = zero-extend32 %3"]);
    assert.deepEqual(binary("xor", 0xffff_ffffn), ["%3 = xor64 %0.a, -1", "%2 = zero-extend32 %3"]);
  });

  it("divides and shifts to the right only lower halves", () => {
    assert.deepEqual(binary("mod"), [
      "%3 = zero-extend32 %0.a",
      "%4 = zero-extend32 %1.b",
      "%2 = mod64 %3, %4",
    ]);
    assert.deepEqual(binary("div", -1n), ["%3 = zero-extend32 %0.a", "%2 = div64 %3, 4294967295"]);
    assert.deepEqual(binary("arsh", 33n), [
      "%3 = sign-extend32 %0.a",
      "%4 = arsh64 %3, 1",
      "%2 = zero-extend32 %4",
    ]);
  });

  it("shifts by no more than 31", () =>
    assert.deepEqual(binary("lsh"), [
      "%3 = and64 %1.b, 31",
      "%4 = lsh64 %0.a, %3",
      "%2 = zero-extend32 %4",
    ]));

  it("negates the lower half", () => {
    const lines = textAfter(legalizeWidths, (builder, operand) =>
      builder.return(builder.define({ kind: "negate", width: 32, operand })),
    );
    assert.deepEqual(lines.slice(1, 3), ["%3 = negate64 %0.a", "%2 = zero-extend32 %3"]);
  });

  it("compares lower halves with the sign that the comparison asks for", () => {
    assert.deepEqual(compare("slt", 0xffff_fffen), [
      "%2 = sign-extend32 %0.a",
      "if slt64 %2, -2 then b1() else b2()",
    ]);
    assert.deepEqual(compare("gt", -2n), [
      "%2 = zero-extend32 %0.a",
      "if gt64 %2, 4294967294 then b1() else b2()",
    ]);
  });

  it("leaves 64 bits alone", () => {
    const lines = textAfter(legalizeWidths, (builder, a, b) =>
      builder.return(builder.define(binary64("add", a, b))),
    );
    assert.equal(lines[1], "%2 = add64 %0.a, %1.b");
  });
});
