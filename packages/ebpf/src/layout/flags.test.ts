import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { flags } from "./flags.ts";
import { s32, u32, u8 } from "./integer.ts";
import type { Layout } from "./layout.ts";
import { encodeValue, parseValue } from "./value.ts";

const Tcp = flags(u8, { FIN: 1, SYN: 2, RST: 4 });
const Wide = flags(u32, { SYNC: 0x101000, DSYNC: 0x1000, TOP: 0x8000_0000 });

describe("flags", () => {
  const check = <T>(layout: Layout<T>, bits: number, expected: T): void => {
    const bytes = encodeValue(layout, expected);
    assert.equal(parseValue(layout.size === 1 ? u8 : u32, bytes), bits);
    assert.deepEqual(parseValue(layout, bytes), expected);
  };
  it("has no names for no bits", () => check(Tcp, 0, []));
  it("stores all bits named", () => check(Tcp, 5, ["FIN", "RST"]));
  it("tells bits without a name as a number at the end", () => check(Tcp, 0xf1, ["FIN", 0xf0]));
  it("knows the highest bit", () => check(Wide, 0x8000_0000, ["TOP"]));
  it("takes a mask of several bits for one flag when all are set", () => {
    check(Wide, 0x101000, ["SYNC"]);
    check(Wide, 0x1000, ["DSYNC"]);
    check(Wide, 0x100000, [0x100000]);
  });
  it("stores the same bits it read", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffff_ffff }), (bits) => {
        const bytes = encodeValue(u32, bits);
        assert.deepEqual(encodeValue(Wide, parseValue(Wide, bytes)), bytes);
      }),
    );
  });

  const refuse = (value: unknown, message: string): void =>
    assert.throws(() => encodeValue(Tcp as Layout<unknown>, value), {
      name: "InvalidArgumentError",
      message,
    });
  it("names the flag that is unknown", () =>
    refuse(["FIN", "SIN"], '[1]: expected one of FIN, SYN, RST or a number, got "SIN"'));
  it("refuses numbers out of range", () =>
    refuse([256], "[0]: 256 is out of range for u8 (0 to 255)"));
  it("refuses a single name", () =>
    refuse("SYN", 'expected u8 flags (an array of names), got "SYN"'));

  it("cannot have a flag of no bits", () =>
    assert.throws(() => flags(u8, { NONE: 0 }), { message: "flags: NONE is 0, which is no bit" }));
  it("cannot be signed", () =>
    assert.throws(() => flags(s32, { A: 1 }), { message: "flags: s32 is signed" }));
});
