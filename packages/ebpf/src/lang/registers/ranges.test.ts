import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { sumFunction } from "../ir/testing-samples.ts";
import { findIntervals, lengthOf, overlap } from "./ranges.ts";
import { selectInstructions } from "./select.ts";

describe("findIntervals", () => {
  const intervals = findIntervals(selectInstructions(sumFunction()));
  const rangesOf = (value: number): number[][] =>
    intervals.get(16 + value)!.ranges.map(({ from, to }) => [from, to]);

  it("lets a place live from its definition to its last use, with holes", () => {
    // Positions: b0 0–7 (moves to limit, i, sum; jump), b1 8–11 (move to r0; exit), b2 12–13, b3 14–27.
    assert.deepEqual(rangesOf(0), [
      [1, 8],
      [12, 14],
      [14, 28],
    ]);
    // In the loop sum is dead from its last read to the move of its new state.
    assert.deepEqual(rangesOf(2), [
      [5, 8],
      [8, 9],
      [12, 14],
      [14, 15],
      [25, 28],
    ]);
  });

  it("counts uses in loops ten times", () => {
    const limit = intervals.get(16)!;
    assert.equal(limit.weight, 11);
  });

  it("knows registers that calls and returns use", () => {
    assert.ok(intervals.has(0));
    assert.ok(intervals.has(1));
  });
});

describe("overlap", () => {
  const list = (...pairs: [number, number][]) => pairs.map(([from, to]) => ({ from, to }));

  it("tells common positions from neighbours and holes", () => {
    assert.equal(overlap(list([0, 4]), list([4, 8])), false);
    assert.equal(overlap(list([0, 5]), list([4, 8])), true);
    assert.equal(overlap(list([0, 2], [8, 9]), list([2, 8])), false);
    assert.equal(overlap(list([0, 2], [8, 10]), list([3, 4], [9, 12])), true);
    assert.equal(overlap([], list([0, 1])), false);
    assert.equal(lengthOf(list([0, 2], [8, 9])), 3);
  });
});
