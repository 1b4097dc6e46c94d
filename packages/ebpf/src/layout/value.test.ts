import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { u32, u8 } from "./integer.ts";
import { struct } from "./struct.ts";
import { encodeValue, parseValue } from "./value.ts";

const Pair = struct("pair", { a: u8, b: u32 });

describe("encodeValue", () => {
  it("gives as many bytes as the layout has", () =>
    assert.deepEqual(encodeValue(Pair, { a: 1, b: 2 }), Uint8Array.of(1, 0, 0, 0, 2, 0, 0, 0)));
});

describe("parseValue", () => {
  it("reads bytes that are part of a larger buffer", () => {
    const memory = Uint8Array.of(9, 9, 1, 0, 0, 0, 2, 0, 0, 0, 9);
    assert.deepEqual(parseValue(Pair, memory.subarray(2, 10)), { a: 1, b: 2 });
  });
  for (const length of [0, 7, 9])
    it(`refuses ${length} bytes for a layout of 8`, () =>
      assert.throws(() => parseValue(Pair, new Uint8Array(length)), {
        name: "MalformedError",
        code: "VALUE_MALFORMED",
        message: `struct pair takes 8 bytes, got ${length}`,
      }));
});
