import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isZero, sumOf } from "./map-elements.ts";

describe("sumOf", () => {
  it("adds numbers of both kinds", () => {
    assert.equal(sumOf([1, 2, 3]), 6);
    assert.equal(sumOf([1n, 2n]), 3n);
  });
  it("adds structs field by field", () =>
    assert.deepEqual(
      sumOf([
        { hits: 1n, at: { ns: 5 } },
        { hits: 2n, at: { ns: 6 } },
      ]),
      { hits: 3n, at: { ns: 11 } },
    ));
  it("takes the first that says something of what cannot be added", () => {
    assert.equal(sumOf(["", "node", "bash"]), "node");
    assert.equal(sumOf(["", ""]), "");
  });
});

describe("isZero", () => {
  const check = (zero: boolean, ...values: readonly unknown[]): void => {
    for (const value of values) assert.equal(isZero(value), zero, String(value));
  };
  it("knows what empty memory reads as", () =>
    check(true, 0, -0, 0n, "", false, undefined, new Uint8Array(2), [0, 0n], {
      a: 0,
      b: { c: "" },
    }));
  it("knows what it does not", () =>
    check(false, 1, 1n, "0", true, [0, 1], Uint8Array.of(0, 1), { a: 0, b: 1 }));
});
