import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InvalidArgumentError } from "../base/errors.ts";
import { errno } from "./call/errno.ts";
import { failureOf } from "./call/failure.ts";
import { type RetryOptions, retryTransient } from "./retry.ts";

const busy = failureOf(errno.EAGAIN, { text: "load" });
const broken = failureOf(errno.EINVAL, { text: "load" });

/** Fails with each of `failures` in turn, then returns how often it ran. */
function failing(...failures: readonly Error[]): () => number {
  let runs = 0;
  return () => {
    const failure = failures[runs++];
    if (failure !== undefined) throw failure;
    return runs;
  };
}

describe("retryTransient", () => {
  it("returns at once what works", async () => assert.equal(await retryTransient(failing()), 1));
  it("tries again what is only busy", async () =>
    assert.equal(await retryTransient(failing(busy, busy), { delayMs: 1 }), 3));
  it("waits for promises", async () =>
    assert.equal(await retryTransient(async () => Promise.resolve(5)), 5));
  it("does not try again what is broken", async () => {
    const action = failing(broken);
    await assert.rejects(retryTransient(action, { delayMs: 1 }), broken);
    assert.equal(action(), 2);
  });
  it("gives up with the last error", async () => {
    const action = failing(busy, busy, busy);
    await assert.rejects(retryTransient(action, { attempts: 2, delayMs: 1 }), busy);
    assert.throws(action, busy);
  });
  it("refuses what would be tried without end, or never", async () => {
    const refuse = async (options: Partial<RetryOptions>): Promise<void> =>
      assert.rejects(retryTransient(failing(busy), options), InvalidArgumentError);
    for (const number of [0, -1, 1.5, Number.NaN]) await refuse({ attempts: number });
    await refuse({ delayMs: Number.NaN });
    await refuse({ maxDelayMs: -1 });
    const endless = { attempts: Infinity, delayMs: 0 };
    assert.equal(await retryTransient(failing(busy), endless), 2);
  });
  it("tries once when that is what it shall do", async () =>
    assert.rejects(retryTransient(failing(busy), { attempts: 1 }), busy));
  it("lets the caller say what is worth it", async () =>
    assert.equal(
      await retryTransient(failing(broken), { delayMs: 1, isTransient: () => true }),
      2,
    ));
  it("doubles the wait up to a limit", async () => {
    const times: number[] = [];
    const action = failing(busy, busy, busy, busy);
    await retryTransient(
      () => {
        times.push(performance.now());
        return action();
      },
      { delayMs: 20, maxDelayMs: 40 },
    );
    const waits = times.slice(1).map((time, index) => time - times[index]!);
    // Timers are late at times, but never early by more than the clock's grain.
    const expected = [20, 40, 40, 40];
    assert.ok(waits.every((wait, index) => wait >= expected[index]! - 2));
  });
  it("stops waiting when it is told to", async () => {
    const signal = AbortSignal.abort(new TypeError("enough"));
    await assert.rejects(retryTransient(failing(), { signal }), { message: "enough" });
    const controller = new AbortController();
    const action = (): never => {
      controller.abort();
      throw busy;
    };
    const waiting = retryTransient(action, { delayMs: 60_000, signal: controller.signal });
    await assert.rejects(waiting, { name: "AbortError" });
  });
});
