import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ethernet } from "../packet/packet.ts";
import { testProgram } from "../program/test-program.ts";
import { referenceProgram, timeBatches } from "./timed-batches.ts";

describe("timeBatches", () => {
  it("takes both in turns, and leaves out the slowest and fastest", () => {
    const order: string[] = [];
    const told = [7, 100, 100, 7, 7, 7, 7, 1, 1];
    let next = 0;
    const times = timeBatches(
      () => {
        order.push("runs");
        return told[next++]!;
      },
      () => {
        order.push("reference");
        return 50;
      },
      8,
    );
    assert.deepEqual(order.slice(2, 6), ["runs", "reference", "runs", "reference"]);
    assert.equal(order.length, 18);
    // What is told is rounded down, so up to 1 may be added.
    assert.ok(times.value >= 7 && times.value <= 8, `${times.value}`);
    assert.ok(times.low >= 7 && times.high <= 8);
    assert.ok(times.reference >= 50 && times.reference <= 51);
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
