import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { addressOf, objectAt } from "./address-of.ts";
import { be16, be32, s16, s32, s64, s8, u16, u32, u64, u8 } from "./integer.ts";
import { u53 } from "./u53.ts";
import { ValueError } from "./value-error.ts";

describe("integer layouts, called", () => {
  const check = (converted: number | bigint, expected: number | bigint): void =>
    assert.equal(converted, expected);

  it("cut off what does not fit", () => {
    check(u8(0x1_23), 0x23);
    check(s8(0x80), -128);
    check(u16(-1), 0xffff);
    check(s16(0x1_8000), -0x8000);
    check(u32(-1), 0xffff_ffff);
    check(s32(2 ** 31), -(2 ** 31));
    check(u64(-1n), 2n ** 64n - 1n);
    check(s64(2n ** 63n), -(2n ** 63n));
  });
  it("take bigints for numbers and numbers for bigints", () => {
    check(u32(0x1_2345_6789n), 0x2345_6789);
    check(s32(0xffff_ffff_ffff_fffen), -2);
    check(u64(7), 7n);
    check(u64(-7), 2n ** 64n - 7n);
    check(u32(2 ** 40 + 5), 5);
  });
  it("divide in whole numbers, by zero into zero", () => {
    check(u32(7 / 2), 3);
    check(s32(-7 / 2), -3);
    check(u64(2 ** 40 / 3), 366_503_875_925n);
    check(u32(1 / 0), 0);
    check(u64(0 / 0), 0n);
  });
  it("take truth values", () => {
    check(u8(true), 1);
    check(u64(false), 0n);
  });
  it("keep the bits of network order", () => {
    check(be16(0x1_1234), 0x1234);
    check(be32(-2), 0xffff_fffe);
  });
  it("take objects for their addresses", () => {
    const [one, other] = [{}, {}];
    assert.equal(u64(one), u64(one));
    assert.notEqual(u64(one), u64(other));
    assert.equal(objectAt(addressOf(one)), one);
    assert.equal(objectAt(1n), undefined);
  });
  it("make plain numbers of counters", () => check(u53(-1n), 2 ** 64));
  it("refuse anything else", () => {
    for (const value of ["7", undefined, null, Symbol.iterator]) {
      assert.throws(() => u32(value as never), ValueError);
      assert.throws(() => u64(value as never), ValueError);
    }
  });
  it("are layouts still, and frozen", () => {
    assert.deepEqual([u32.name, u32.size, u32.kind, u32.bits], ["u32", 4, "integer", 32]);
    assert.ok(Object.isFrozen(u32));
  });

  const all = [
    [u8, Uint8Array],
    [s8, Int8Array],
    [u16, Uint16Array],
    [s16, Int16Array],
    [u32, Uint32Array],
    [s32, Int32Array],
  ] as const;
  it("convert whole numbers as typed arrays do", () =>
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.constantFrom(...all), (value, [layout, Numbers]) =>
        assert.equal(layout(value), new Numbers([value])[0]),
      ),
    ));
  it("convert bigints as their low bits", () =>
    fc.assert(
      fc.property(fc.bigInt(), fc.constantFrom(u8, u16, u32), (value, layout) =>
        assert.equal(layout(value), Number(BigInt.asUintN(layout.bits, value))),
      ),
    ));
});
