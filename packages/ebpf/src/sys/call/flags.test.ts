import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { bitsOf, knownWordOf, wordOf, wordsOf } from "./flags.ts";
import { mapFlagBits, mapTypeNumbers } from "../generated/constants.ts";

describe("bitsOf and wordsOf", () => {
  it("are none for no words", () => {
    assert.equal(bitsOf(mapFlagBits), 0);
    assert.deepEqual(wordsOf(mapFlagBits, 0), []);
  });
  it("undo each other", () => {
    const words = Object.keys(mapFlagBits) as (keyof typeof mapFlagBits)[];
    fc.assert(
      fc.property(fc.subarray(words), (chosen) =>
        assert.deepEqual(wordsOf(mapFlagBits, bitsOf(mapFlagBits, chosen)), chosen),
      ),
    );
  });
  it("pass over bits without a word", () =>
    assert.deepEqual(wordsOf({ one: 1, two: 2 }, 0b1010), ["two"]));
  it("give no word for no bits", () => assert.deepEqual(wordsOf({ none: 0, one: 1 }, 1), ["one"]));
});

describe("wordOf", () => {
  it("finds the word of a number", () => assert.equal(wordOf(mapTypeNumbers, 27), "ringbuf"));
  it("returns a number that has none", () => assert.equal(wordOf(mapTypeNumbers, 999), 999));
  it("says so, when asked that way", () =>
    assert.equal(knownWordOf(mapTypeNumbers, 999), undefined));
});
