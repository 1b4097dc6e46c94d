import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { InvalidArgumentError } from "../base/errors.ts";
import { BoundedQueue } from "./bounded-queue.ts";

describe("BoundedQueue", () => {
  it("does what a list does that takes no more than its capacity", () => {
    const step = fc.oneof(fc.nat(), fc.constant("shift" as const));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.array(step), (capacity, steps) => {
        const queue = new BoundedQueue<number>(capacity);
        const list: number[] = [];
        for (const step of steps) {
          if (step !== "shift") {
            const room = list.length < capacity;
            if (room) list.push(step);
            assert.equal(queue.push(step), room);
          } else if (list.length > 0) {
            assert.equal(queue.shift(), list.shift());
          }
          assert.equal(queue.length, list.length);
          assert.equal(queue.full, list.length === capacity);
        }
      }),
    );
  });

  it("needs no more room than what waits, however large it may get", () => {
    const queue = new BoundedQueue<number>(2 ** 30);
    const before = process.memoryUsage().heapUsed;
    for (let item = 0; item < 1_000_000; item++) {
      queue.push(item);
      queue.shift();
    }
    // A place for each item that ever was there would take 8 bytes.
    assert.ok(process.memoryUsage().heapUsed - before < 4_000_000);
  });

  it("refuses capacities that cannot be meant", () => {
    for (const capacity of [0, -1, 1.5, Number.NaN, Infinity, 2 ** 31]) {
      assert.throws(() => new BoundedQueue(capacity), InvalidArgumentError);
    }
  });
});
