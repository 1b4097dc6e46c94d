import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InvalidArgumentError } from "commander";
import * as fc from "fast-check";
import { parseDuration } from "./duration.ts";

const check = (text: string, ms: number): void => assert.equal(parseDuration(text), ms);
const refuses = (text: string, message: RegExp): void =>
  assert.throws(
    () => parseDuration(text),
    (error) => {
      assert.ok(error instanceof InvalidArgumentError);
      assert.match(error.message, message);
      return true;
    },
  );

describe("parseDuration", () => {
  it("takes a number alone as seconds", () => check("10", 10_000));
  it("takes fractions", () => check("0.25", 250));
  it("takes milliseconds", () => check("500ms", 500));
  it("takes seconds", () => check("10s", 10_000));
  it("takes minutes", () => check("2m", 120_000));
  it("takes hours", () => check("1.5h", 5_400_000));
  it("takes several units from large to small", () => check("1h2m3s4ms", 3_723_004));
  it("tells minutes from milliseconds", () => check("1m1ms", 60_001));
  it("rounds to milliseconds", () => check("1.4ms", 1));
  it("takes the longest time that a timer can wait", () => check("576h", 2_073_600_000));

  const shape = /Write a duration/;
  it("refuses nothing", () => refuses("", shape));
  it("refuses words", () => refuses("soon", shape));
  it("refuses unknown units", () => refuses("10d", shape));
  it("refuses units in the wrong order", () => refuses("3s2m", shape));
  it("refuses a unit twice", () => refuses("1s1s", shape));
  it("refuses a unit without a number", () => refuses("s", shape));
  it("refuses a point without digits behind it", () => refuses("1.", shape));
  it("refuses two points", () => refuses("1.2.3", shape));
  it("refuses blanks", () => refuses("1 s", shape));
  it("refuses signs", () => refuses("-1s", shape));
  it("refuses exponents", () => refuses("1e3", shape));
  it("refuses no time at all", () => refuses("0s", /at least 1ms/));
  it("refuses less than a millisecond", () => refuses("0.4ms", /at least 1ms/));
  it("refuses what no timer can wait", () => refuses("600h", /at most 24 days/));

  it("adds up the parts, whatever they are", () => {
    const part = fc.integer({ min: 0, max: 500 });
    fc.assert(
      fc.property(part, part, part, part, (h, m, s, ms) => {
        const total = ((h * 60 + m) * 60 + s) * 1000 + ms;
        fc.pre(total > 0 && total < 2 ** 31);
        check(`${h}h${m}m${s}s${ms}ms`, total);
      }),
    );
  });
});
