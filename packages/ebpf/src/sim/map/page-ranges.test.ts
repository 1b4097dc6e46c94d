import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { PageRanges } from "./page-ranges.ts";

const pages = 12;
const range = fc
  .tuple(fc.nat(pages - 1), fc.integer({ min: 1, max: pages }))
  .map(([start, count]) => ({ start, count: Math.min(count, pages - start) }));
const step = fc.record({ what: fc.constantFrom("take" as const, "release" as const), range });

describe("PageRanges", () => {
  it("takes the start of the smallest range that is large enough", () => {
    const ranges = new PageRanges(pages);
    ranges.take(3, 1);
    ranges.take(6, 1);
    // Free: 0 to 2, 4 and 5, 7 to 11.
    assert.deepEqual(
      [1, 2, 3, 4, 5, 6].map((count) => ranges.find(count)),
      [4, 4, 0, 7, 7, undefined],
    );
    // Of two of one size the one that came last.
    ranges.take(9, 1);
    assert.equal(ranges.find(2), 10);
    ranges.release(5, 3);
    assert.equal(ranges.find(4), 4);
  });

  it("knows which pages are free", () => {
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const ranges = new PageRanges(pages);
        const free: boolean[] = Array.from({ length: pages }, () => true);
        for (const {
          what,
          range: { start, count },
        } of steps) {
          ranges[what](start, count);
          free.fill(what === "release", start, start + count);
          for (let page = 0; page < pages; page++)
            assert.equal(ranges.areFree(page, 1), free[page]);
          const longest = Math.max(
            ...free
              .join("")
              .split("false")
              .map((run) => run.length / 4),
          );
          assert.equal(ranges.find(longest + 1), undefined);
          if (longest > 0) assert.ok(ranges.areFree(ranges.find(longest)!, longest));
        }
      }),
    );
  });
});
