import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { cutTo, padEnd, widthOf } from "./columns.ts";

describe("widthOf", () => {
  it("counts ASCII", () => assert.equal(widthOf("abc"), 3));
  it("counts wide characters twice", () => assert.equal(widthOf("漢字"), 4));
  it("counts emoji twice", () => assert.equal(widthOf("😀"), 2));
  it("counts flags as one emoji", () => assert.equal(widthOf("🇪🇺"), 2));
  it("counts a family as one emoji", () => assert.equal(widthOf("👩‍👩‍👧"), 2));
  it("counts characters shown as emoji twice", () => assert.equal(widthOf("❤️"), 2));
  it("counts a mark alone not at all", () => assert.equal(widthOf("\u0301"), 0));
  it("counts combining characters not at all", () => assert.equal(widthOf("e\u0301"), 1));
});

describe("padEnd", () => {
  it("fills up", () => assert.equal(padEnd("ab", 4), "ab  "));
  it("counts wide characters twice", () => assert.equal(padEnd("漢", 4), "漢  "));
  it("leaves what is longer", () => assert.equal(padEnd("abcdef", 4), "abcdef"));
});

describe("cutTo", () => {
  const check = (text: string, width: number, cut: string): void =>
    assert.equal(cutTo(text, width), cut);

  it("leaves what fits", () => check("abcd", 4, "abcd"));
  it("cuts what does not", () => check("abcde", 4, "abc…"));
  it("does not cut a wide character in two", () => check("漢漢漢", 4, "漢…"));
  it("leaves an ellipsis alone where nothing else fits", () => check("abc", 1, "…"));
  it("never cuts without a limit", () => check("x".repeat(9999), Infinity, "x".repeat(9999)));

  it("keeps within the width", () => {
    const text = fc.string({ unit: "grapheme" });
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 20 }), (text, width) => {
        assert.ok(widthOf(cutTo(text, width)) <= width);
      }),
    );
  });
});
