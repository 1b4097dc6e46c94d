import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { withEnvironment } from "../../testing/captured.ts";
import { formatInstant, formatTimeOfDay, WallClock } from "./wall-clock.ts";

describe("WallClock", () => {
  const at = (clocks: { monotonic: number; wall: number }): WallClock =>
    new WallClock({ monotonicUs: () => clocks.monotonic, wallUs: () => clocks.wall });

  it("adds the difference of the clocks", () =>
    assert.equal(at({ monotonic: 100, wall: 1_000_100 }).wallUs(150), 1_000_150));
  it("keeps to its difference while clocks only wobble", () => {
    const clocks = { monotonic: 100, wall: 1_000_100 };
    const clock = at(clocks);
    clocks.wall += 40_000;
    clock.adjust();
    assert.equal(clock.wallUs(150), 1_000_150);
  });
  it("follows when the clock was set, or the machine slept", () => {
    const clocks = { monotonic: 100, wall: 1_000_100 };
    const clock = at(clocks);
    clocks.wall += 3_600_000_000;
    clock.adjust();
    assert.equal(clock.wallUs(150), 3_601_000_150);
  });
  it("agrees with Node's clock", () => {
    const start = process.hrtime.bigint();
    const ms = new WallClock().wallUs(Number(start) / 1e3) / 1e3;
    const now = Date.now();
    // What passed between the clocks, of which each was read once.
    const passedMs = Number(process.hrtime.bigint() - start) / 1e6;
    assert.ok(Math.abs(ms - now) < passedMs + 5, `${ms} instead of ${now}`);
  });
});

describe("formatInstant", () => {
  const check = (us: number, text: string): void => assert.equal(formatInstant(us), text);

  it("shows microseconds", () => check(1_234_567, "1970-01-01T00:00:01.234567Z"));
  it("shows zeros", () => check(1_000_000, "1970-01-01T00:00:01.000000Z"));
  it("rounds down", () => check(999_999.9, "1970-01-01T00:00:00.999999Z"));
});

describe("formatTimeOfDay", () => {
  const check = (zone: string, text: string): void =>
    withEnvironment({ TZ: zone }, () => assert.equal(formatTimeOfDay(45_296_789_999), text));

  it("shows milliseconds", () => check("UTC", "12:34:56.789"));
  it("shows the time where the machine is", () => check("Asia/Kolkata", "18:04:56.789"));
});
