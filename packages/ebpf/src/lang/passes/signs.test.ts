import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { FunctionBuilder } from "../ir/builder.ts";
import type { Operand, Value } from "../ir/operation.ts";
import { dropSigns } from "./signs.ts";
import { textAfter } from "./testing-pass.ts";

describe("dropSigns", () => {
  const int32 = (builder: FunctionBuilder, operand: Value): Value =>
    builder.define({ kind: "extend", bits: 32, signed: true, operand });
  const field = (builder: FunctionBuilder, base: Value, bytes: 2 | 4): Value =>
    builder.define({ kind: "load", base, offset: 0, bytes, signed: true, memory: "kernel" });

  /** The lines left of a comparison of two numbers. */
  function compare(
    make: (builder: FunctionBuilder, a: Value, b: Value) => readonly [Operand, Operand],
    returned: "constant" | "left" = "constant",
  ): string[] {
    return textAfter(dropSigns, (builder, a, b) => {
      const [left, right] = make(builder, a, b);
      const [then, otherwise] = [builder.block(), builder.block()];
      builder.branch({ op: "slt", width: 64, left, right }, { then, else: otherwise });
      for (const block of [then, otherwise]) {
        builder.seal(block);
        builder.current = block;
        builder.return(returned === "left" ? left : 0n);
      }
    });
  }

  it("compares the lower halves of two numbers of 32 bits", () => {
    assert.deepEqual(compare((builder, a, b) => [int32(builder, a), int32(builder, b)]).slice(1, 2), [
      "if slt32 %0.a, %1.b then b1() else b2()",
    ]);
    assert.deepEqual(compare((builder, a) => [int32(builder, a), -1n]).slice(1, 2), [
      "if slt32 %0.a, -1 then b1() else b2()",
    ]);
    assert.deepEqual(compare((builder, a) => [field(builder, a, 4), 7n]).slice(1, 3), [
      "%2 = load u32 %0.a + 0 (kernel)",
      "if slt32 %2, 7 then b1() else b2()",
    ]);
  });

  it("keeps the sign where the other side has more bits, or fewer have one", () => {
    const keeps = (
      make: (builder: FunctionBuilder, a: Value, b: Value) => readonly [Operand, Operand],
    ): void => assert.ok(compare(make).some((line) => line.startsWith("if slt64")));
    keeps((builder, a) => [int32(builder, a), 0xffff_ffffn]);
    keeps((builder, a, b) => [int32(builder, a), b]);
    keeps((builder, a) => [field(builder, a, 2), 7n]);
  });

  it("keeps the sign of what is used for more than comparing", () => {
    const lines = compare((builder, a) => [int32(builder, a), 7n], "left");
    assert.equal(lines[2], "if slt64 %2, 7 then b1() else b2()");
  });

  it("stores fields as they were loaded", () => {
    const lines = textAfter(dropSigns, (builder, a, b) => {
      const stored = field(builder, a, 2);
      builder.effect({ kind: "store", base: b, offset: 0, bytes: 2, stored, memory: "event" });
      builder.return(0n);
    });
    assert.equal(lines[1], "%2 = load u16 %0.a + 0 (kernel)");
  });
});
