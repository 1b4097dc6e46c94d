import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import {
  evaluateBinary,
  evaluateComparison,
  evaluateExtend,
  evaluateNegate,
  evaluateSwap,
} from "./evaluate.ts";
import type { BinaryOperator } from "./operation.ts";

const signed = fc.bigInt(-(1n << 63n), (1n << 63n) - 1n);

describe("evaluateBinary", () => {
  function check(...given: readonly [BinaryOperator, 32 | 64, bigint, bigint, bigint]): void {
    const [op, width, left, right, result] = given;
    assert.equal(evaluateBinary(op, width, left, right), result, `${left} ${op}${width} ${right}`);
  }

  it("divides as the kernel does", () => {
    check("div", 64, 7n, 0n, 0n);
    check("mod", 64, -7n, 0n, -7n);
    check("mod", 32, -7n, 0n, 0xffff_fff9n);
    check("div", 64, -1n, 2n, 0x7fff_ffff_ffff_ffffn);
    check("sdiv", 64, -7n, 2n, -3n);
    check("smod", 64, -7n, 2n, -1n);
    check("sdiv", 64, -(1n << 63n), -1n, -(1n << 63n));
    check("smod", 64, -(1n << 63n), -1n, 0n);
    check("sdiv", 32, -7n, 2n, 0xffff_fffdn);
  });

  it("shifts modulo the width", () => {
    check("lsh", 64, 1n, 63n, -(1n << 63n));
    check("lsh", 32, 1n, 33n, 2n);
    check("rsh", 64, -1n, 60n, 15n);
    check("arsh", 64, -16n, 2n, -4n);
    check("arsh", 32, 0x8000_0000n, 31n, 0xffff_ffffn);
    check("rsh", 64, 4n, -63n, 2n);
  });

  it("wraps, and clears the upper half with width 32", () => {
    check("add", 64, (1n << 63n) - 1n, 1n, -(1n << 63n));
    check("sub", 32, 0n, 1n, 0xffff_ffffn);
    check("or", 32, -1n, 0n, 0xffff_ffffn);
    fc.assert(
      fc.property(signed, signed, (left, right) => {
        assert.equal(evaluateBinary("mul", 64, left, right), BigInt.asIntN(64, left * right));
        assert.equal(evaluateBinary("xor", 32, left, right), BigInt.asUintN(32, left ^ right));
      }),
    );
  });
});

describe("evaluateComparison", () => {
  it("tells signed from unsigned, and 32 from 64 bits", () => {
    assert.equal(evaluateComparison("gt", 64, -1n, 1n), true);
    assert.equal(evaluateComparison("sgt", 64, -1n, 1n), false);
    assert.equal(evaluateComparison("eq", 32, 1n << 32n, 0n), true);
    assert.equal(evaluateComparison("slt", 32, 0x8000_0000n, 0n), true);
    assert.equal(evaluateComparison("set", 64, 6n, 9n), false);
    assert.equal(evaluateComparison("set", 64, 6n, 10n), true);
  });
});

describe("unary operations", () => {
  it("negate, extend and turn round", () => {
    assert.equal(evaluateNegate(32, 1n), 0xffff_ffffn);
    assert.equal(evaluateNegate(64, -(1n << 63n)), -(1n << 63n));
    assert.equal(evaluateExtend({ signed: true, bits: 16 }, 0x1_8000n), -0x8000n);
    assert.equal(evaluateExtend({ signed: false, bits: 8 }, -1n), 255n);
    assert.equal(evaluateSwap(32, 0x0102_0304n), 0x0403_0201n);
    assert.equal(evaluateSwap(64, 0xffn), -(1n << 56n));
  });
});
