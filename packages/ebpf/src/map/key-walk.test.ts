import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { type NextKey, SeenKeys, walkKeys } from "./key-walk.ts";

/** A map of numbers in ascending order, which starts over like the kernel's. */
function listOf(keys: Set<number>): NextKey {
  const sorted = (): number[] => [...keys].toSorted((left, right) => left - right);
  return (key) => {
    const all = sorted();
    const place = key === undefined ? -1 : all.indexOf(key[0]!);
    const found = all[place + 1];
    return found === undefined ? undefined : Uint8Array.of(found);
  };
}

/** Walks, and after the n-th key deletes what `deletions` says. */
function walk(
  keys: Set<number>,
  deletions: readonly (readonly number[])[],
): { readonly met: readonly number[]; readonly restarts: number } {
  const seen = new SeenKeys();
  const met: number[] = [];
  for (const key of walkKeys(listOf(keys), seen)) {
    for (const gone of deletions[met.length] ?? []) keys.delete(gone);
    met.push(key[0]!);
  }
  return { met, restarts: seen.restarts };
}

describe("walkKeys", () => {
  const check = (
    deletions: readonly (readonly number[])[],
    met: readonly number[],
    restarts: number,
  ): void => assert.deepEqual(walk(new Set([1, 2, 3, 4]), deletions), { met, restarts });

  it("gives every key", () => check([], [1, 2, 3, 4], 0));
  it("gives nothing for an empty map", () =>
    assert.deepEqual(walk(new Set(), []), { met: [], restarts: 0 }));
  it("does not mind that the key at hand is deleted", () =>
    check([[1], [2], [3], [4]], [1, 2, 3, 4], 0));
  it("goes on when the key behind is deleted, and counts that", () =>
    check([[2]], [1, 2, 3, 4], 1));
  it("counts each time", () => check([[2], [3]], [1, 2, 3, 4], 2));

  it("gives each key at most once, and all that stay", () => {
    const steps = fc.array(fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 3 }));
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 30 })), steps, (keys, deletions) => {
        const left = new Set(keys);
        const { met } = walk(left, deletions);
        assert.equal(new Set(met).size, met.length);
        assert.deepEqual(
          [...left].filter((key) => !met.includes(key)),
          [],
        );
        assert.deepEqual(
          met.filter((key) => !keys.includes(key)),
          [],
        );
      }),
    );
  });
});
