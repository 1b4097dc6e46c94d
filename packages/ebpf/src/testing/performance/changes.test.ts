import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { findChanges, findExactChanges } from "./changes.ts";
import { medianOf, ranksOf, ratioOf } from "./ranks.ts";
import { seededRandom } from "./random.ts";

/** Noise as measurements have it: mostly `spread` around 1, now and then much slower. */
function noisy(random: () => number, spread: number): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Math.exp(spread * normal) * (random() < 0.03 ? 1.5 : 1);
}

function row(seed: number, levels: readonly (readonly [count: number, level: number])[]): number[] {
  const random = seededRandom(seed);
  return levels.flatMap(([count, level]) =>
    Array.from({ length: count }, () => 50 * level * noisy(random, 0.03)),
  );
}

const seeds = (count: number): readonly number[] =>
  Array.from({ length: count }, (_, index) => 1000 + 17 * index);

describe("findChanges", () => {
  it("finds few changes where there are none", () => {
    const alarms = (confidence: number): number =>
      seeds(300).filter((seed) => findChanges(row(seed, [[40, 1]]), { confidence }).length > 0)
        .length;
    const usual = alarms(0.995);
    assert.ok(usual <= 5, `${usual} of 300 at 99.5 %`);
    const at95 = alarms(0.95);
    // Were the confidence wrong to either side, this would be, too.
    assert.ok(at95 >= 5 && at95 <= 27, `${at95} of 300 at 95 %`);
  });
  it("finds a change of 10 % within eight runs, of 5 % within 30, up or down", () => {
    const found = (count: number, level: number): number =>
      seeds(30).filter((seed) => {
        const levels = [
          [25, 1],
          [count, level],
        ] as const;
        return findChanges(row(seed, levels)).some(({ at }) => Math.abs(at - 25) <= 4);
      }).length;
    for (const [count, level] of [
      [8, 1.1],
      [8, 1 / 1.1],
      [30, 1.05],
    ] as const)
      assert.ok(found(count, level) >= 24, `${found(count, level)} of 30: ${count} at ${level}`);
  });
  it("says how large a change is, rightly in most cases", () => {
    const inside = seeds(60).filter((seed) => {
      const [change] = findChanges(
        row(seed, [
          [30, 1],
          [20, 1.2],
        ]),
      );
      return change !== undefined && change.low <= 1.2 && change.high >= 1.2;
    });
    assert.ok(inside.length >= 52, `${inside.length} of 60`);
  });
  it("finds several changes", () => {
    const levels = [
      [20, 1],
      [20, 1.3],
      [20, 0.9],
    ] as const;
    const changes = findChanges(row(5, levels));
    const [first, second] = changes.map(({ at }) => at);
    assert.equal(changes.length, 2);
    assert.ok(Math.abs(first! - 20) <= 1 && Math.abs(second! - 40) <= 1, `${first}, ${second}`);
    assert.equal(changes[0]!.after, second! - first!);
    assert.ok(changes[0]!.ratio > 1.2 && changes[1]!.ratio < 0.75);
    assert.ok(changes.every(({ confidence }) => confidence >= 0.995));
  });
  it("does not take one or two outliers for a level", () => {
    assert.deepEqual(findChanges([...row(3, [[30, 1]]), 500, 500]), []);
  });
  it("finds nothing in short rows and in equal values", () => {
    assert.deepEqual(findChanges([]), []);
    assert.deepEqual(findChanges([1, 1, 1, 2, 2]), []);
    assert.deepEqual(findChanges(Array.from({ length: 50 }, () => 7)), []);
  });
  it("always gives the same for the same row, and takes ties", () => {
    const values = row(9, [
      [20, 1],
      [10, 1.2],
    ]).map(Math.round);
    assert.deepEqual(findChanges(values), findChanges(values));
    assert.equal(findChanges(values).length, 1);
  });
});

describe("findExactChanges", () => {
  it("finds every one, surely", () => {
    const changes = findExactChanges([10, 10, 12, 12, 12, 9]);
    assert.deepEqual(
      changes.map(({ at, ratio, confidence, before, after }) => [
        at,
        ratio,
        confidence,
        before,
        after,
      ]),
      [
        [2, 1.2, 1, 2, 3],
        [5, 0.75, 1, 3, 1],
      ],
    );
    assert.deepEqual(findExactChanges([10, 10]), []);
  });
});

describe("ranks", () => {
  it("share the mean of equal values", () =>
    assert.deepEqual([...ranksOf([30, 10, 20, 10])], [4, 1.5, 3, 1.5]));
  it("add up to what they must", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20)), (values) => {
        const sum = ranksOf(values).reduce((total, rank) => total + rank, 0);
        assert.equal(sum, (values.length * (values.length + 1)) / 2);
      }),
    );
  });
  it("have a middle", () => {
    assert.equal(medianOf([3, 1, 2]), 2);
    assert.equal(medianOf([4, 1, 2, 3]), 2.5);
  });
  it("give the ratio of what was multiplied", () => {
    const before = [1, 2, 3, 4];
    const { ratio, low, high } = ratioOf(
      before,
      before.map((value) => 2 * value),
    );
    assert.equal(ratio, 2);
    assert.ok(low < 2 && high > 2);
  });
});
