import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { FunctionBuilder } from "../ir/builder.ts";
import type { BinaryOperator, Value } from "../ir/operation.ts";
import { narrowDivisions } from "./divisions.ts";
import { binary64, functionOf, textAfter } from "./testing-pass.ts";

describe("narrowDivisions", () => {
  const small = (builder: FunctionBuilder, operand: Value): Value =>
    builder.define({ kind: "extend", signed: false, bits: 32, operand });

  function divide(op: BinaryOperator, bits: 32 | 64): string {
    const lines = textAfter(narrowDivisions, (builder, a, b) => {
      const left = small(builder, a);
      builder.return(builder.define(binary64(op, left, bits === 32 ? small(builder, b) : b)));
    });
    return lines.at(-2)!;
  }

  it("divides numbers of 32 bits with 32 bits", () => {
    assert.match(divide("div", 32), /= div32/);
    assert.match(divide("mod", 32), /= mod32/);
  });

  it("keeps divisions of larger numbers and of those with a sign", () => {
    assert.match(divide("div", 64), /= div64/);
    assert.match(divide("mod", 64), /= mod64/);
    assert.match(divide("sdiv", 32), /= sdiv64/);
  });

  it("keeps all where there are no operations of 32 bits", () => {
    const fn = functionOf((builder, a) =>
      builder.return(builder.define(binary64("div", small(builder, a), 7n))),
    );
    assert.equal(narrowDivisions(fn, { isaVersion: 2 }), false);
    assert.equal(narrowDivisions(fn, { isaVersion: 3 }), true);
  });
});
