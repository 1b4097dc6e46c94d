import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InvalidArgumentError } from "../base/errors.ts";
import { HealthMeter } from "./health.ts";

describe("HealthMeter", () => {
  it("follows the depth, with a memory between the marks", () => {
    const meter = new HealthMeter(10, { highWater: 0.8, lowWater: 0.5 });
    const check = (depth: number, health: string, changed: boolean) => {
      assert.equal(meter.note(depth), changed, `at ${depth}`);
      assert.equal(meter.health, health, `at ${depth}`);
    };
    check(0, "ok", false);
    check(7, "ok", false);
    check(8, "degraded", true);
    check(6, "degraded", false);
    check(9, "degraded", false);
    check(10, "overloaded", true);
    check(8, "overloaded", false);
    check(7, "degraded", true);
    check(6, "degraded", false);
    check(5, "ok", true);
    check(6, "ok", false);
    check(10, "overloaded", true);
    check(0, "ok", true);
  });

  it("takes the marks as shares of small capacities, too", () => {
    const meter = new HealthMeter(1, { highWater: 1, lowWater: 0 });
    assert.equal(meter.low, 0);
    assert.equal(meter.note(1), true);
    assert.equal(meter.health, "overloaded");
    assert.equal(meter.note(0), true);
  });

  it("refuses marks that cannot be meant", () => {
    const marks = [
      [0.5, 0.5],
      [0.8, 0.5],
      [-0.1, 0.5],
      [0.5, 1.1],
      [Number.NaN, 0.5],
    ] as const;
    for (const [lowWater, highWater] of marks) {
      assert.throws(() => new HealthMeter(10, { highWater, lowWater }), InvalidArgumentError);
    }
  });
});
