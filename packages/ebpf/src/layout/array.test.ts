import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { hex } from "../base/bytes.ts";
import { array } from "./array.ts";
import { chars } from "./chars.ts";
import { u16, u32, u64, u8 } from "./integer.ts";
import type { Layout } from "./layout.ts";
import { struct } from "./struct.ts";
import { encodeValue, parseValue } from "./value.ts";

describe("array", () => {
  it("stores its elements one behind the other", () => {
    const pair = array(u16, 2);
    assert.equal(hex(encodeValue(pair, [0x1234, 0x5678])), "34127856");
    assert.deepEqual(parseValue(pair, encodeValue(pair, [1, 2])), [1, 2]);
  });
  it("has the alignment of its elements", () => {
    const { size, alignment, length, element } = array(u64, 3);
    assert.deepEqual({ size, alignment, length }, { size: 24, alignment: 8, length: 3 });
    assert.equal(element, u64);
  });
  it("is named as in C, the outer length first", () => {
    assert.equal(array(u8, 4).name, "u8[4]");
    assert.equal(array(array(u8, 4), 2).name, "u8[2][4]");
    assert.equal(array(array(array(u8, 4), 3), 2).name, "u8[2][3][4]");
    assert.equal(array(chars(16), 2).name, "char[2][16]");
  });
  it("holds arrays, the outer one's elements apart by the inner one's size", () => {
    const grid = array(array(u8, 2), 3);
    const rows = [
      [1, 2],
      [3, 4],
      [5, 6],
    ];
    assert.deepEqual([...encodeValue(grid, rows)], [1, 2, 3, 4, 5, 6]);
    assert.deepEqual(parseValue(grid, encodeValue(grid, rows)), rows);
  });
  it("holds structs with their padding", () => {
    const points = array(struct("point", { x: u8, y: u16 }), 2);
    const value = [
      { x: 1, y: 2 },
      { x: 3, y: 4 },
    ];
    assert.equal(hex(encodeValue(points, value)), "0100020003000400");
    assert.deepEqual(parseValue(points, encodeValue(points, value)), value);
  });

  const refuse = (layout: Layout<unknown>, value: unknown, message: string): void =>
    assert.throws(() => encodeValue(layout, value), { name: "InvalidArgumentError", message });
  it("refuses fewer elements", () => refuse(array(u8, 3), [1, 2], "expected 3 elements, got 2"));
  it("refuses more elements", () => refuse(array(u8, 1), [1, 2], "expected 1 element, got 2"));
  it("names the element that is wrong", () =>
    refuse(array(u8, 3), [1, 256, 2], "[1]: 256 is out of range for u8 (0 to 255)"));
  it("names the element that is missing", () =>
    // oxlint-disable-next-line no-sparse-arrays -- a hole is what is tested
    refuse(array(u8, 3), [1, , 2], "[1]: missing, expected u8"));
  it("names the place in arrays of arrays", () =>
    refuse(array(array(u8, 1), 2), [[1], ["2"]], '[1][0]: expected u8 (an integer), got "2"'));
  it("refuses what is no array", () =>
    refuse(array(u8, 3), new Uint8Array(3), "expected u8[3] (an array), got 3 bytes"));

  it("cannot be of no length", () =>
    assert.throws(() => array(u32, 0), {
      message: "array: the length must be a whole number from 1 up, got 0",
    }));
  it("cannot be larger than a view", () =>
    assert.throws(() => array(array(u64, 2 ** 20), 2 ** 20), { name: "InvalidArgumentError" }));
  it("does not take elements that cannot lie side by side", () => {
    const odd: Layout<number> = { ...u32, size: 6, name: "odd" };
    assert.throws(() => array(odd, 2), { message: "array: odd has size 6 and alignment 4" });
  });
});
