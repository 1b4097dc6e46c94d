import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InvalidArgumentError } from "../base/errors.ts";
import { settle, stopClock } from "./testing-clock.ts";
import { intervalOf, limitOf, timeoutOf, Waiting } from "./waiting.ts";

describe("Waiting", () => {
  it("resolves when it is woken, also when that was before", async () => {
    using waiting = new Waiting();
    const woken = waiting.wait();
    waiting.wakeUp();
    assert.equal(await woken, true);
    waiting.wakeUp();
    waiting.wakeUp();
    assert.equal(await waiting.wait(), true);
    let early = true;
    const next = waiting.wait().then((found) => ({ found, early }));
    await settle();
    early = false;
    waiting.wakeUp();
    assert.deepEqual(await next, { found: true, early: false });
  });

  it("ends at the time-out, the signal and closing, and stays ended", async () => {
    using clock = stopClock();
    const stop = new AbortController();
    const waits = [
      new Waiting({ timeoutMs: 3 }),
      new Waiting({ signal: stop.signal }),
      new Waiting(),
    ];
    const results = Promise.all(waits.map((waiting) => waiting.wait()));
    await clock.advance(3);
    stop.abort();
    waits[2]!.close();
    assert.deepEqual(await results, [false, false, false]);
    for (const waiting of waits) {
      waiting.wakeUp();
      assert.equal(await waiting.wait(), false);
      assert.equal(waiting.ended, true);
    }
    assert.equal(await new Waiting({ signal: stop.signal }).wait(), false);
  });

  it("refuses times and numbers that cannot be meant, and listens to nothing then", () => {
    let listeners = 0;
    const signal = {
      aborted: false,
      addEventListener: () => void (listeners += 1),
    } as unknown as AbortSignal;
    for (const timeoutMs of [Number.NaN, -1, -Infinity, "soon" as never]) {
      assert.throws(() => new Waiting({ timeoutMs, signal }), InvalidArgumentError);
      assert.throws(() => timeoutOf({ timeoutMs }), /time-out is/);
    }
    assert.equal(listeners, 0);
    for (const limit of [Number.NaN, -1, 1.5, -Infinity, null as never])
      assert.throws(() => limitOf({ limit }), /limit of a reading is/);
    for (const intervalMs of [Number.NaN, -1, 0, Infinity])
      assert.throws(() => intervalOf(intervalMs), /an interval of/);
    assert.deepEqual([limitOf({}), limitOf({ limit: 0 }), limitOf({ limit: 3 })], [Infinity, 0, 3]);
    assert.deepEqual([intervalOf(0.5), intervalOf(2 ** 40)], [0.5, 2 ** 31 - 1]);
    assert.equal(timeoutOf({ timeoutMs: 0 }), 0);
  });

  it("waits for ever when the time-out is longer than a timer takes", async () => {
    using clock = stopClock();
    for (const timeoutMs of [2 ** 31, Infinity]) {
      using waiting = new Waiting({ timeoutMs });
      await clock.advance(2);
      assert.equal(waiting.ended, false);
    }
  });
});
