import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { FramePool } from "./frame-pool.ts";

describe("FramePool", () => {
  it("hands out whole frames, the first ones first", () => {
    const pool = new FramePool(4, 2048);
    const places = new Int32Array(8);
    assert.equal(pool.take(places, 2, pool.newOwner()), 2);
    assert.deepEqual([...places], [0, 2048, 2048, 2048, 0, 0, 0, 0]);
    assert.equal(pool.free, 2);
  });

  it("hands out no more than there are, and than fit", () => {
    const pool = new FramePool(4, 2048);
    const owner = pool.newOwner();
    assert.equal(pool.take(new Int32Array(7), 10, owner), 3);
    assert.equal(pool.take(new Int32Array(20), 10, owner), 1);
    assert.equal(pool.take(new Int32Array(20), 10, owner), 0);
  });

  it("knows a frame by any place in it", () => {
    const pool = new FramePool(2, 2048);
    pool.take(new Int32Array(4), 2, pool.newOwner());
    pool.give(Int32Array.of(9999, 0, 2048 + 256, 60), 1, 1);
    const places = new Int32Array(2);
    assert.equal(pool.take(places, 1, pool.newOwner()), 1);
    assert.equal(places[0], 2048);
  });

  it("takes a frame back once", () => {
    const pool = new FramePool(2, 2048);
    pool.give(Int32Array.of(0, 0), 0, 1);
    assert.equal(pool.free, 2);
  });

  it("takes back what an owner has, also what it got from another", () => {
    const pool = new FramePool(8, 2048);
    const [first, second] = [pool.newOwner(), pool.newOwner()];
    const places = new Int32Array(8);
    pool.take(places, 4, first);
    pool.take(new Int32Array(4), 2, second);
    pool.assign(places[2]! + 256, second);
    pool.giveAll(second);
    assert.equal(pool.free, 5);
    pool.giveAll(first);
    assert.equal(pool.free, 8);
  });

  it("never hands out a frame that somebody has", () => {
    const step = fc.record({ count: fc.integer({ min: 0, max: 6 }), gives: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const pool = new FramePool(8, 4096);
        const owner = pool.newOwner();
        const held: number[] = [];
        for (const { count, gives } of steps) {
          const places = new Int32Array(2 * count);
          if (gives) {
            const given = held.splice(0, count);
            given.forEach((start, index) => (places[2 * index] = start));
            pool.give(places, 0, given.length);
          } else {
            const taken = pool.take(places, count, owner);
            for (let index = 0; index < taken; index++) held.push(places[2 * index]!);
          }
          assert.equal(new Set(held).size, held.length);
          assert.equal(pool.free, 8 - held.length);
        }
      }),
    );
  });
});
