import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { narrowReads } from "./narrow.ts";
import { binary32, binary64, textAfter } from "./testing-pass.ts";
import type { OperationWithoutResult } from "../ir/builder.ts";
import type { Operand, Value } from "../ir/operation.ts";

describe("narrowReads", () => {
  function check(
    inner: (a: Value) => OperationWithoutResult,
    reader: (base: Value, operand: Operand) => OperationWithoutResult,
    expected: string,
  ): void {
    const lines = textAfter(narrowReads, (builder, a, b) => {
      builder.effect(reader(b, builder.define(inner(a))));
      builder.return(0n);
    });
    assert.equal(lines[2], expected);
  }
  const store = (bytes: 1 | 2 | 4 | 8) => (base: Value, stored: Operand) =>
    ({ kind: "store", base, offset: 0, bytes, stored, memory: "kernel" }) as const;
  const extend = (bits: 8 | 16 | 32, signed: boolean) => (operand: Value) =>
    ({ kind: "extend", operand, bits, signed }) as const;

  it("stores what was there before an extension or mask", () => {
    check(extend(8, true), store(1), "store u8 %1.b + 0, %0.a (kernel)");
    check(extend(32, false), store(2), "store u16 %1.b + 0, %0.a (kernel)");
    check((a) => binary64("and", a, 0xffffn), store(1), "store u8 %1.b + 0, %0.a (kernel)");
  });

  it("keeps what changes stored bits", () => {
    check(extend(8, true), store(2), "store u16 %1.b + 0, %2 (kernel)");
    check((a) => binary64("and", a, 0x7fn), store(1), "store u8 %1.b + 0, %2 (kernel)");
    check((a) => binary32("and", a, -1n), store(8), "store u64 %1.b + 0, %2 (kernel)");
  });

  it("reads through extensions for 32-bit operations", () => {
    const lines = textAfter(narrowReads, (builder, a) => {
      const extended = builder.define(extend(32, true)(a));
      builder.return(builder.define(binary32("mul", extended, 3n)));
    });
    assert.equal(lines[2], "%3 = mul32 %0.a, 3");
  });
});
