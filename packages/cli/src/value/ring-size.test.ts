import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { formatByteSize } from "./byte-size.ts";
import { parseRingSize } from "./ring-size.ts";

const check = (text: string, bytes: number): void => assert.equal(parseRingSize(text), bytes);
const refuses = (text: string, message: RegExp): void =>
  assert.throws(() => parseRingSize(text), { code: "commander.invalidArgument", message });

describe("parseRingSize", () => {
  it("takes bytes", () => check("65536", 65_536));
  it("takes kilobytes", () => check("256K", 262_144));
  it("takes megabytes in any writing", () => {
    for (const text of ["1M", "1m", "1MB", "1MiB", "1mib"]) check(text, 1_048_576);
  });
  it("takes the smallest", () => check("4096", 4096));
  it("takes the largest", () => check("1G", 2 ** 30));

  it("refuses words", () => refuses("big", /Write a size/));
  it("refuses fractions", () => refuses("1.5M", /Write a size/));
  it("refuses unknown units", () => refuses("1T", /Write a size/));
  it("refuses less than a page", () => refuses("2K", /at least 4K/));
  it("refuses zero", () => refuses("0", /at least 4K/));
  it("refuses more than the kernel can address", () => refuses("2G", /at most 1G/));
  it("names the next power of two", () => refuses("1000K", /power of two; the next is 1M/));
});

describe("formatByteSize", () => {
  it("takes the largest unit that fits", () => {
    assert.equal(formatByteSize(2 ** 20), "1M");
    assert.equal(formatByteSize(3 * 2 ** 19), "1536K");
    assert.equal(formatByteSize(1000), "1000");
    assert.equal(formatByteSize(0), "0");
  });

  it("writes what parseRingSize reads", () => {
    fc.assert(
      fc.property(fc.integer({ min: 12, max: 30 }), (n) => check(formatByteSize(2 ** n), 2 ** n)),
    );
  });
});
