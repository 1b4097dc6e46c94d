import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { hex } from "../../base/bytes.ts";
import type { Member } from "../generated/attributes.ts";
import { KernelRecord } from "./record.ts";

const layout = { sizeBytes: 24 };
const u8: Member = [0, 1];
const u16: Member = [2, 2];
const u32: Member = [4, 4];
const u64: Member = [8, 8];
const text: Member = [16, 8];

describe("KernelRecord", () => {
  it("is zero at first", () => assert.equal(hex(new KernelRecord(layout).bytes), "00".repeat(24)));
  it("leaves members zero whose value is not given", () => {
    const record = new KernelRecord(layout).set(u32, undefined).setText(text, undefined);
    assert.equal(hex(record.bytes), "00".repeat(24));
  });
  it("reads back what it stored, and touches nothing else", () => {
    const numbers = fc.record({
      byte: fc.integer({ min: 0, max: 0xff }),
      half: fc.integer({ min: 0, max: 0xffff }),
      word: fc.integer({ min: 0, max: 0xffff_ffff }),
      long: fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn }),
    });
    fc.assert(
      fc.property(numbers, ({ byte, half, word, long }) => {
        const record = new KernelRecord(layout).set(u8, byte).set(u16, half).set(u32, word);
        record.set(u64, long);
        const read = [record.get(u8), record.get(u16), record.get(u32), record.getBig(u64)];
        assert.deepEqual(read, [byte, half, word, long]);
        assert.equal(hex(record.getBytes(text)), "00".repeat(8));
      }),
    );
  });
  it("stores negative numbers as C does", () => {
    const record = new KernelRecord(layout).set(u32, -1).set(u64, -2);
    assert.equal(record.get(u32), 0xffff_ffff);
    assert.equal(record.getBig(u64), 0xffff_ffff_ffff_fffen);
  });
  it("stores no number that is cut to what there is room for", () => {
    const refuse = (member: Member, ...values: readonly (number | bigint)[]): void => {
      const bits = 8 * member[1];
      for (const value of [...values, 1.5, Number.NaN, Infinity]) {
        assert.throws(() => new KernelRecord(layout).set(member, value), {
          name: "InvalidArgumentError",
          message: `${value} is given where a whole number of ${bits} bits belongs`,
        });
      }
    };
    refuse(u8, 0x100, -0x81);
    refuse(u16, 0x1_0000, -0x8001);
    refuse(u32, 2 ** 32, -(2 ** 31) - 1);
    refuse(u64, 2n ** 64n, -(2n ** 63n) - 1n, 2 ** 64);
  });
  it("points to bytes only", () => {
    const point = (target: unknown) => () => new KernelRecord(layout).point(u64, target as never);
    assert.throws(point("text"), { message: "a string is given where bytes belong" });
    assert.throws(point([1, 2]), { name: "InvalidArgumentError" });
  });
  it("keeps a zero at the end of texts", () => {
    assert.equal(new KernelRecord(layout).setText(text, "abcdefg").getText(text), "abcdefg");
    assert.throws(() => new KernelRecord(layout).setText(text, "abcdefgh"), {
      name: "InvalidArgumentError",
      message: 'name "abcdefgh" is longer than 7 bytes',
    });
  });
  it("counts texts in bytes", () =>
    assert.throws(() => new KernelRecord(layout).setText(text, "ääää"), /longer than 7 bytes/));
  it("notes pointers for the bridge", () => {
    const target = Uint8Array.of(1);
    const record = new KernelRecord(layout).point(u64, target);
    assert.deepEqual(record.pointers, [record.bytes, 8, target, 0]);
  });
  it("makes no pointer to nothing", () => {
    const record = new KernelRecord(layout).point(u64, undefined).point(text, new Uint8Array());
    assert.deepEqual(record.pointers, []);
  });
  it("takes pointers of another record along", () => {
    const target = Uint8Array.of(1);
    const inner = new KernelRecord(layout).point(u64, target);
    const outer = new KernelRecord(layout).point(text, inner.bytes).pointAlong(inner);
    assert.deepEqual(outer.pointers, [outer.bytes, 16, inner.bytes, 0, inner.bytes, 8, target, 0]);
  });
});
