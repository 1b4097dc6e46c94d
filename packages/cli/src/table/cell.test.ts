import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { cellOf, jsonOf } from "./cell.ts";

describe("cellOf", () => {
  const check = (value: unknown, text: string): void => assert.equal(cellOf(value), text);

  it("shows scalars", () => {
    check(-5, "-5");
    check(2n ** 64n - 1n, "18446744073709551615");
    check(true, "true");
    check("node", "node");
    check(undefined, "");
    check(null, "null");
  });
  it("shows what has parts", () => {
    check([1, 2n], "[1, 2]");
    check(Uint8Array.of(0, 255), "00ff");
    check({ pid: 1, at: { cpu: 2 } }, "{ pid: 1, at: { cpu: 2 } }");
    check(new Date(0), "1970-01-01T00:00:00.000Z");
  });
  it("lets no text move the cursor", () => check("a\x1b[2Jb", String.raw`a\x1b[2Jb`));
});

describe("jsonOf", () => {
  const check = (value: unknown, json: string): void =>
    assert.equal(JSON.stringify(jsonOf(value)), json);

  it("keeps integers exact", () => {
    check(2n ** 53n - 1n, "9007199254740991");
    check(2n ** 53n, '"9007199254740992"');
    check(-(2n ** 53n), '"-9007199254740992"');
  });
  it("goes into parts", () =>
    check({ a: [1n, Uint8Array.of(171)], b: "x", c: false }, '{"a":[1,"ab"],"b":"x","c":false}'));
  it("leaves to values how they are written", () =>
    check(new Date(0), '"1970-01-01T00:00:00.000Z"'));
});
