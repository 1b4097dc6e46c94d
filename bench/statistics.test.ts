import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { BenchmarkError } from "./error.ts";
import { median, summarize } from "./statistics.ts";

describe("median", () => {
  it("is the middle value, whatever the order", () => {
    assert.equal(median([9, 1, 5]), 5);
    assert.equal(median([7]), 7);
  });

  it("is the mean of the two in the middle of an even number", () => {
    assert.equal(median([1, 2, 4, 100]), 3);
  });

  it("sorts by size, not as text", () => {
    assert.equal(median([2, 10, 9]), 9);
  });

  it("refuses no values", () => {
    assert.throws(() => median([]), BenchmarkError);
  });

  it("leaves its input alone", () => {
    const values = [3, 1, 2];
    median(values);
    assert.deepEqual(values, [3, 1, 2]);
  });

  it("has as many values on one side as on the other", () => {
    fc.assert(
      fc.property(fc.array(fc.integer(), { minLength: 1 }), (values) => {
        const middle = median(values);
        const below = values.filter((value) => value < middle).length;
        const above = values.filter((value) => value > middle).length;
        assert.ok(below <= values.length / 2 && above <= values.length / 2);
      }),
    );
  });
});

describe("summarize", () => {
  it("takes the ratio round by round, so that a slow spell of both sides does not count", () => {
    const rounds = [
      { ours: 12, peer: 10 },
      { ours: 120, peer: 100 },
      { ours: 13, peer: 10 },
    ];
    assert.deepEqual(summarize(rounds), { ours: 13, peer: 10, ratio: 1.2, runs: 3 });
  });

  it("forgets a round in which one side was disturbed", () => {
    const rounds = [
      { ours: 11, peer: 10 },
      { ours: 900, peer: 10 },
      { ours: 11, peer: 10 },
    ];
    assert.equal(summarize(rounds).ratio, 1.1);
  });

  it("refuses rounds that cannot be compared", () => {
    const bad = [
      { ours: 1, peer: 0 },
      { ours: 0, peer: 1 },
      { ours: Number.NaN, peer: 1 },
    ];
    for (const round of [...bad, { ours: 1, peer: Infinity }]) {
      assert.throws(() => summarize([round]), /cannot be compared/);
    }
    assert.throws(() => summarize([]), /no rounds/);
  });
});
