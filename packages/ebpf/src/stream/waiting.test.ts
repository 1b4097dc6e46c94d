import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { settle, stopClock } from "./testing-clock.ts";
import { Waiting } from "./waiting.ts";

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

  it("waits for ever when the time-out is longer than a timer takes", async () => {
    using clock = stopClock();
    for (const timeoutMs of [2 ** 31, Infinity]) {
      using waiting = new Waiting({ timeoutMs });
      await clock.advance(2);
      assert.equal(waiting.ended, false);
    }
  });
});
