import * as fc from "fast-check";
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { arithmetic } from "./arithmetic.ts";
import { refine } from "./refine.ts";
import { constantScalar, covers, rangeScalar, type Scalar } from "./scalar.ts";

const number = fc.oneof(
  fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }),
  fc.bigInt({ min: -20n, max: 20n }),
);
/** A range and a number in it. */
const known = fc.tuple(number, number, number).map((three) => {
  const [min, value, max] = three.toSorted((a, b) => (a < b ? -1 : Number(a > b)));
  return { scalar: rangeScalar(min!, max!), value: value! };
});
const u = (value: bigint): bigint => BigInt.asUintN(64, value);
const concrete = {
  add: (a: bigint, b: bigint) => a + b,
  sub: (a: bigint, b: bigint) => a - b,
  mul: (a: bigint, b: bigint) => a * b,
  and: (a: bigint, b: bigint) => a & b,
  or: (a: bigint, b: bigint) => a | b,
  xor: (a: bigint, b: bigint) => a ^ b,
} as const;
const has = (scalar: Scalar, value: bigint): boolean => covers(scalar, constantScalar(value));

describe("ranges of numbers", () => {
  for (const op of Object.keys(concrete) as (keyof typeof concrete)[]) {
    it(`hold every result of ${op}`, () => {
      fc.assert(
        fc.property(known, known, (a, b) => {
          const exact = concrete[op](a.value, b.value);
          assert.ok(has(arithmetic(op, 64, a.scalar, b.scalar), exact));
          const low = BigInt.asUintN(32, exact);
          assert.ok(has(arithmetic(op, 32, a.scalar, b.scalar), low));
        }),
      );
    });
  }

  it("hold every result of shifts", () => {
    fc.assert(
      fc.property(known, fc.bigInt({ min: 0n, max: 63n }), ({ scalar, value }, by) => {
        const bits = constantScalar(by);
        assert.ok(has(arithmetic("lsh", 64, scalar, bits), value << by));
        assert.ok(has(arithmetic("rsh", 64, scalar, bits), u(value) >> by));
        assert.ok(has(arithmetic("arsh", 64, scalar, bits), value >> by));
      }),
    );
  });

  it("keep the number on the way that a comparison takes", () => {
    fc.assert(
      fc.property(known, known, (a, b) => {
        const way = u(a.value) < u(b.value) ? "holds" : "fails";
        const after = refine({ op: "lt", width: 64 }, { a: a.scalar, b: b.scalar }, way);
        assert.ok(after !== undefined && has(after.a, a.value) && has(after.b, b.value));
        const signedWay = a.value <= b.value ? "holds" : "fails";
        const signed = refine({ op: "sle", width: 64 }, { a: a.scalar, b: b.scalar }, signedWay);
        assert.ok(signed !== undefined && has(signed.a, a.value) && has(signed.b, b.value));
      }),
    );
  });
});
