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

  it("refuses capacities that cannot be meant", () => {
    for (const capacity of [0, -1, 1.5, Number.NaN, Infinity]) {
      assert.throws(() => new BoundedQueue(capacity), InvalidArgumentError);
    }
  });
});
