import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { bytes } from "./bytes.ts";
import { encodeValue, parseValue } from "./value.ts";

describe("bytes", () => {
  it("stores and reads bytes as they are", () => {
    const value = Uint8Array.of(0, 255, 7);
    assert.deepEqual(encodeValue(bytes(3), value), value);
    assert.deepEqual(parseValue(bytes(3), value), value);
  });
  it("reads a copy", () => {
    const memory = Uint8Array.of(9, 1, 2, 9);
    const value = bytes(2).read(new DataView(memory.buffer), 1);
    memory.fill(0);
    assert.deepEqual(value, Uint8Array.of(1, 2));
    assert.equal(value.buffer.byteLength, 2);
  });
  it("stays inside the view, though the buffer goes on", () => {
    const view = new DataView(new ArrayBuffer(16), 4, 8);
    assert.throws(() => bytes(8).read(view, 1), RangeError);
    assert.throws(() => bytes(8).read(view, -1), RangeError);
    assert.throws(() => bytes(8).write(view, 1, new Uint8Array(8)), RangeError);
  });

  const refuse = (value: unknown, message: string): void =>
    assert.throws(() => encodeValue(bytes(4), value as Uint8Array), {
      name: "InvalidArgumentError",
      message,
    });
  it("refuses fewer bytes", () => refuse(new Uint8Array(3), "expected 4 bytes, got 3"));
  it("refuses more bytes", () => refuse(new Uint8Array(5), "expected 4 bytes, got 5"));
  it("refuses an array of numbers", () =>
    refuse([1, 2, 3, 4], "expected u8[4] (a Uint8Array), got an array of 4"));
  it("cannot be of no length", () =>
    assert.throws(() => bytes(0), { name: "InvalidArgumentError" }));
});
