import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { narrowReads } from "./narrow.ts";
import { binary32, binary64, functionOf, returnCondition, textAfter } from "./testing-pass.ts";
import type { Comparison } from "../../isa/instruction.ts";
import type { FunctionBuilder, OperationWithoutResult } from "../ir/builder.ts";
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

  it("reads through what passes low bits on", () => {
    const lines = textAfter(narrowReads, (builder, a, b) => {
      const sum = builder.define(binary64("add", builder.define(extend(16, true)(a)), 1n));
      builder.effect(store(2)(b, sum));
      builder.return(0n);
    });
    assert.equal(lines[2], "%3 = add64 %0.a, 1");
  });

  it("keeps what a shift or a division brings down", () => {
    for (const op of ["rsh", "div"] as const) {
      const lines = textAfter(narrowReads, (builder, a, b) => {
        const low = builder.define(extend(16, false)(a));
        builder.effect(store(2)(b, builder.define(binary64(op, low, 3n))));
        builder.return(0n);
      });
      assert.equal(lines[2], `%3 = ${op}64 %2, 3`);
    }
  });

  const field = (base: Value, bytes: 2 | 4) =>
    ({ kind: "load", base, offset: 0, bytes, signed: true, memory: "kernel" }) as const;

  it("loads without the sign what is read without it", () => {
    const loads = (bytes: 2 | 4): string => {
      const lines = textAfter(narrowReads, (builder, a, b) => {
        builder.effect(store(4)(b, builder.define(field(a, bytes))));
        builder.return(0n);
      });
      return lines[1]!;
    };
    assert.equal(loads(4), "%2 = load u32 %0.a + 0 (kernel)");
    assert.equal(loads(2), "%2 = load s16 %0.a + 0 (kernel)");
  });

  describe("for comparisons", () => {
    type Sides = (builder: FunctionBuilder, a: Value, b: Value) => readonly [Operand, Operand];
    const signed = (builder: FunctionBuilder, operand: Value): Value =>
      builder.define(extend(32, true)(operand));
    const unsigned = (builder: FunctionBuilder, operand: Value): Value =>
      builder.define(extend(32, false)(operand));

    function compare(op: Comparison, sides: Sides): string {
      const lines = textAfter(narrowReads, (builder, a, b) => {
        const [left, right] = sides(builder, a, b);
        returnCondition(builder, { op, width: 64, left, right });
      });
      return lines.find((line) => line.startsWith("if "))!.replace(/ then.*/, "");
    }

    it("compares lower halves of numbers that were extended alike", () => {
      assert.equal(
        compare("slt", (f, a, b) => [signed(f, a), signed(f, b)]),
        "if slt32 %0.a, %1.b",
      );
      assert.equal(
        compare("gt", (f, a, b) => [signed(f, a), signed(f, b)]),
        "if gt32 %0.a, %1.b",
      );
      assert.equal(
        compare("eq", (f, a) => [signed(f, a), -1n]),
        "if eq32 %0.a, -1",
      );
      assert.equal(
        compare("eq", (f, a) => [f.define(field(a, 4)), 7n]),
        "if eq32 %2, 7",
      );
      assert.equal(
        compare("ne", (f, a) => [unsigned(f, a), 7n]),
        "if ne32 %0.a, 7",
      );
    });

    it("compares numbers without sign as such", () =>
      assert.equal(
        compare("slt", (f, a, b) => [unsigned(f, a), unsigned(f, b)]),
        "if lt32 %0.a, %1.b",
      ));

    it("keeps comparisons of numbers that are more than their halves", () => {
      assert.match(
        compare("slt", (f, a) => [signed(f, a), 0xffff_ffffn]),
        /slt64/,
      );
      assert.match(
        compare("eq", (f, a, b) => [signed(f, a), b]),
        /eq64/,
      );
      assert.match(
        compare("eq", (f, a, b) => [signed(f, a), unsigned(f, b)]),
        /eq64/,
      );
      assert.match(
        compare("eq", (f, a) => [unsigned(f, a), -1n]),
        /eq64/,
      );
      assert.match(
        compare("set", (f, a) => [signed(f, a), -1n]),
        /set64/,
      );
    });

    it("keeps comparisons where nothing would be saved", () =>
      assert.match(
        compare("slt", (f, a) => [f.define(field(a, 2)), 7n]),
        /slt64/,
      ));

    it("keeps comparisons of what is used in full: the verifier only knows the register it saw", () => {
      const lines = textAfter(narrowReads, (builder, a, b) => {
        const index = unsigned(builder, a);
        const [inside, outside] = [builder.block(), builder.block()];
        const condition = { op: "lt", width: 64, left: index, right: 8n } as const;
        builder.branch(condition, { then: inside, else: outside });
        builder.seal(outside);
        builder.current = outside;
        builder.return(0n);
        builder.seal(inside);
        builder.current = inside;
        builder.return(builder.define(binary64("add", b, index)));
      });
      assert.match(lines[2]!, /^if lt64 %2, 8/);
    });

    it("keeps all where only 64 bits can be compared", () => {
      const fn = functionOf((builder, a) =>
        returnCondition(builder, { op: "eq", width: 64, left: signed(builder, a), right: 7n }),
      );
      assert.equal(narrowReads(fn, { isaVersion: 2 }), false);
    });
  });
});
