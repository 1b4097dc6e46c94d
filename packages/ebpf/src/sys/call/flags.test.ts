import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { bitsOf, knownWordOf, numberOf, wordOf, wordsOf } from "./flags.ts";
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
  it("refuse words that are none, with the one that may have been meant", () => {
    const refuse = (call: () => unknown, message: string, hint: string): void =>
      assert.throws(call, { name: "InvalidArgumentError", message, hint });
    const flags = ["mmapable", "no_prealoc"] as never;
    const hint = 'did you mean "no_prealloc"?';
    refuse(() => bitsOf(mapFlagBits, flags), 'a flag is "no_prealoc"', hint);
    const inherited = "constructor" as never;
    refuse(
      () => numberOf({ one: 1 }, inherited, "the word"),
      'the word is "constructor"',
      "there are one",
    );
    refuse(
      () => numberOf({ one: 1 }, undefined as never, "the word"),
      "the word is undefined",
      "there are one",
    );
    assert.equal(numberOf({ none: 0 }, "none", "the word"), 0);
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
