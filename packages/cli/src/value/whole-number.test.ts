import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseCount, parseProcessId } from "./whole-number.ts";

const refuses = (parse: (text: string) => number, text: string, message: RegExp): void =>
  assert.throws(() => parse(text), { code: "commander.invalidArgument", message });

describe("parseCount", () => {
  it("takes whole numbers", () => assert.equal(parseCount("12"), 12));
  for (const text of ["", "0", "-1", "1.5", "1e3", "0x10", "ten", "9007199254740993"]) {
    it(`refuses ${JSON.stringify(text)}`, () => refuses(parseCount, text, /from 1 up/));
  }
});

describe("parseProcessId", () => {
  it("takes the largest id there is", () => assert.equal(parseProcessId("4194304"), 4_194_304));
  for (const text of ["0", "4194305", "self", ""]) {
    it(`refuses ${JSON.stringify(text)}`, () => refuses(parseProcessId, text, /from 1 to 4194304/));
  }
});
