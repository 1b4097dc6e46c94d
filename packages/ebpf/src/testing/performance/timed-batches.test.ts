import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ethernet } from "../packet/packet.ts";
import { testProgram } from "../program/test-program.ts";
import { referenceProgram, timeBatches } from "./timed-batches.ts";

describe("timeBatches", () => {
  it("takes both in turns, and leaves out the slowest and fastest", () => {
    const order: string[] = [];
    const told = [100, 100, 7, 7, 7, 7, 1, 1];
    let next = 0;
    const times = timeBatches(
      (repeat) => {
        if (repeat < 10_000) return 7;
        order.push("runs");
        return told[next++]!;
      },
      (repeat) => {
        if (repeat >= 10_000) order.push("reference");
        return 50;
      },
      8,
    );
    assert.deepEqual(order.slice(0, 4), ["runs", "reference", "runs", "reference"]);
    assert.equal(order.length, 16);
    assert.deepEqual(times, { value: 7, low: 7, high: 7, reference: 50 });
  });
});

describe("the reference program", () => {
  it("does the same work each time", async () => {
    using test = await testProgram(referenceProgram, { kernel: "simulated" });
    let count = 0;
    test.simulated.traced(
      () => count++,
      () => test.run({ packet: ethernet() }).expectVerdict("pass"),
    );
    assert.equal(count, 3 + 64 * 4 + 1);
  });
});
