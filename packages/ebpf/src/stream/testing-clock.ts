/**
 * A clock that only tests move.
 * @module
 */
import { mock } from "node:test";

/** The clock; timers run by it until it is disposed of. */
export interface TestClock extends Disposable {
  /** Moves the clock, a millisecond at a time, and lets everybody act on each. */
  advance(ms: number): Promise<void>;
}

/** Stops `setTimeout`, `performance.now` and `process.hrtime`. */
export function stopClock(): TestClock {
  let now = 0;
  mock.timers.enable({ apis: ["setTimeout"] });
  const performanceNow = mock.method(performance, "now", () => now);
  const hrtime = mock.method(process, "hrtime", () => [Math.floor(now / 1e3), (now % 1e3) * 1e6]);
  return {
    async advance(ms) {
      for (let step = 0; step < ms; step++) {
        now += 1;
        mock.timers.tick(1);
        await settle();
      }
    },
    [Symbol.dispose]() {
      mock.timers.reset();
      performanceNow.mock.restore();
      hrtime.mock.restore();
    },
  };
}

/** Lets everything happen that waits for nothing but its turn. */
export async function settle(): Promise<void> {
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
}
