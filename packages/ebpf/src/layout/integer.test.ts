import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { hex } from "../base/bytes.ts";
import { InvalidArgumentError, MalformedError } from "../base/errors.ts";
import { be16, be32, be64, s16, s32, s64, s8, u16, u32, u64, u8 } from "./integer.ts";
import type { IntegerLayout, Layout } from "./layout.ts";
import { u53 } from "./u53.ts";
import { encodeValue, parseValue } from "./value.ts";

const numbers: readonly IntegerLayout<number>[] = [u8, u16, u32, s8, s16, s32, be16, be32];
const bigs: readonly IntegerLayout<bigint>[] = [u64, s64, be64];

/** Smallest and largest value, computed apart from the layouts. */
const limitsOf = ({ name, bits }: IntegerLayout<number | bigint>): readonly [bigint, bigint] =>
  name.startsWith("s")
    ? [-(1n << BigInt(bits - 1)), (1n << BigInt(bits - 1)) - 1n]
    : [0n, (1n << BigInt(bits)) - 1n];

describe("integers", () => {
  const check = <T>(layout: Layout<T>, value: T, expected: string): void => {
    assert.equal(hex(encodeValue(layout, value)), expected);
    assert.equal(parseValue(layout, encodeValue(layout, value)), value);
  };
  // The bytes are those of a machine with the low byte first, which all but s390x are.
  it("stores u8", () => check(u8, 0xfe, "fe"));
  it("stores u16", () => check(u16, 0x1234, "3412"));
  it("stores u32", () => check(u32, 0x89abcdef, "efcdab89"));
  it("stores u64", () => check(u64, 0x8123456789abcdefn, "efcdab8967452381"));
  it("stores s8", () => check(s8, -2, "fe"));
  it("stores s16", () => check(s16, -2, "feff"));
  it("stores s32", () => check(s32, -2, "feffffff"));
  it("stores s64", () => check(s64, -2n, "feffffffffffffff"));
  it("stores be16 with the high byte first", () => check(be16, 0x1234, "1234"));
  it("stores be32 with the high byte first", () => check(be32, 0x89abcdef, "89abcdef"));
  it("stores be64 with the high byte first", () =>
    check(be64, 0x8123456789abcdefn, "8123456789abcdef"));

  it("are as large and aligned as their bits say", () => {
    for (const layout of [...numbers, ...bigs]) {
      assert.equal(layout.size * 8, Number(/\d+/.exec(layout.name)?.[0]), layout.name);
      assert.equal(layout.alignment, layout.size);
      assert.equal(layout.bits, layout.size * 8);
    }
  });

  for (const layout of numbers) {
    const [low, high] = limitsOf(layout).map(Number) as [number, number];
    it(`${layout.name} holds ${low} to ${high} and no more`, () => {
      for (const value of [low, high]) check(layout, value, hex(encodeValue(layout, value)));
      for (const value of [low - 1, high + 1])
        assert.throws(() => encodeValue(layout, value), {
          name: "InvalidArgumentError",
          message: `${value} is out of range for ${layout.name} (${low} to ${high})`,
        });
    });
  }

  for (const layout of bigs) {
    const [low, high] = limitsOf(layout);
    it(`${layout.name} holds ${low} to ${high} and no more`, () => {
      for (const value of [low, high]) check(layout, value, hex(encodeValue(layout, value)));
      for (const value of [low - 1n, high + 1n])
        assert.throws(() => encodeValue(layout, value), {
          message: `${value}n is out of range for ${layout.name} (${low} to ${high})`,
        });
    });
  }

  it("read back what was written, at any offset", () => {
    const view = new DataView(new ArrayBuffer(64));
    for (const layout of [...numbers, ...bigs] as readonly Layout<unknown>[]) {
      const [low, high] = limitsOf(layout as IntegerLayout<number | bigint>);
      const value = fc
        .bigInt({ min: low, max: high })
        .map((value) => (typeof layout.read(view, 0) === "bigint" ? value : Number(value)));
      fc.assert(
        fc.property(value, fc.integer({ min: 0, max: 56 }), (value, offset) => {
          layout.write(view, offset, value);
          assert.equal(layout.read(view, offset), value);
        }),
      );
    }
  });

  const refuse = (layout: Layout<unknown>, value: unknown, message: string): void =>
    assert.throws(
      () => encodeValue(layout, value),
      (error) => error instanceof InvalidArgumentError && error.message === message,
    );
  it("refuses a fraction", () => refuse(u32, 1.5, "expected u32 (an integer), got 1.5"));
  it("refuses NaN", () => refuse(s8, Number.NaN, "expected s8 (an integer), got NaN"));
  it("refuses text", () => refuse(u8, "5", 'expected u8 (an integer), got "5"'));
  it("refuses a bigint for a number", () => refuse(u32, 5n, "expected u32 (an integer), got 5n"));
  it("refuses nothing", () => refuse(u32, undefined, "missing, expected u32 (an integer)"));
  it("refuses a number for a bigint, and says what to write", () => {
    refuse(u64, 5, "expected u64 (a bigint), got 5");
    assert.throws(() => encodeValue(u64, 5 as never), { hint: "write 5n" });
  });
  it("leaves what is outside of the view alone", () => {
    const view = new DataView(new ArrayBuffer(8), 2, 4);
    assert.throws(() => u32.read(view, 1), RangeError);
    assert.throws(() => u32.write(view, -1, 0), RangeError);
  });
});

describe("u53", () => {
  it("is a u64 in memory", () => {
    assert.equal(u53.size, 8);
    assert.equal(u53.alignment, 8);
    assert.equal(hex(encodeValue(u53, 0x1f_ffff_89ab_cdef)), "efcdab89ffff1f00");
  });
  it("reads what u64 wrote, as a number", () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (value) => {
        assert.equal(parseValue(u53, encodeValue(u64, BigInt(value))), value);
        assert.equal(parseValue(u64, encodeValue(u53, value)), BigInt(value));
      }),
    );
  });
  it("refuses to read more than fits a number", () => {
    assert.throws(
      () => parseValue(u53, encodeValue(u64, 2n ** 53n)),
      (error) =>
        error instanceof MalformedError &&
        error.code === "VALUE_MALFORMED" &&
        error.message === "+0x0: 9007199254740992 is too large for a u53",
    );
  });
  for (const value of [2 ** 53, -1, 1.5, 1n, undefined])
    it(`refuses to write ${typeof value} ${value}`, () =>
      assert.throws(() => encodeValue(u53, value as never), InvalidArgumentError));
});
