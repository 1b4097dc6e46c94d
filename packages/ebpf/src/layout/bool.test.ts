import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { bool } from "./bool.ts";
import { encodeValue, parseValue } from "./value.ts";

describe("bool", () => {
  it("is one byte, 0 or 1", () => {
    assert.deepEqual([...encodeValue(bool, false), ...encodeValue(bool, true)], [0, 1]);
    assert.equal(bool.alignment, 1);
  });
  it("reads any byte but zero as true", () => {
    assert.equal(parseValue(bool, Uint8Array.of(0)), false);
    for (const byte of [1, 2, 255]) assert.equal(parseValue(bool, Uint8Array.of(byte)), true);
  });
  for (const value of [0, 1, "true", null])
    it(`refuses ${value}`, () =>
      assert.throws(() => encodeValue(bool, value as never), {
        message: `expected bool (true or false), got ${JSON.stringify(value)}`,
      }));
});
