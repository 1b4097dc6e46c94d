import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { assertText, assertWhole, assertWord } from "./arguments.ts";
import { InvalidArgumentError } from "./errors.ts";

describe("arguments", () => {
  const refuse = (call: () => void, message: string, hint: string): void =>
    assert.throws(call, (error) => {
      assert.ok(error instanceof InvalidArgumentError);
      assert.deepEqual([error.message, error.hint], [message, hint]);
      return true;
    });

  it("that are numbers are whole and within bounds", () => {
    const bounds = { least: 1, most: 8 };
    for (const value of [1, 8]) assertWhole(value, "the count", bounds);
    assertWhole(Number.MAX_SAFE_INTEGER, "the count");
    const hint = "give a whole number from 1 to 8";
    for (const value of [0, 9, 1.5, Number.NaN, Infinity, -1, undefined, null, 5n]) {
      refuse(() => assertWhole(value, "the count", bounds), `the count is ${value}`, hint);
    }
    refuse(() => assertWhole("5", "the count", bounds), 'the count is "5"', hint);
    refuse(() => assertWhole({}, "the count", bounds), "the count is an object", hint);
    assert.throws(() => assertWhole(2 ** 53, "the count"), InvalidArgumentError);
    assert.throws(() => assertWhole(-1, "the count"), InvalidArgumentError);
  });

  it("that are words are known ones", () => {
    const words = ["ingress", "egress"];
    assertWord("egress", words, "the direction");
    const check = (value: unknown, shown: string, hint: string): void =>
      refuse(() => assertWord(value, words, "the direction"), `the direction is ${shown}`, hint);
    check("ingres", '"ingres"', 'did you mean "ingress"?');
    check("sideways", '"sideways"', "there are ingress, egress");
    check(undefined, "undefined", "there are ingress, egress");
    check(() => 0, "a function", "there are ingress, egress");
  });

  it("that are texts have no zero byte", () => {
    assertText("a", "the path");
    assertText("", "the path");
    const hint = "give a text without zero bytes";
    refuse(() => assertText(5, "the path"), "the path is 5", hint);
    refuse(() => assertText("a\0b", "the path"), String.raw`the path is "a\u0000b"`, hint);
  });
});
