/**
 * Garbage collection on demand, for tests of what must happen when something is collected.
 * @module
 */
import { setImmediate as turn } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
/** Collects everything that is not reachable. */
export const collect: () => void = runInNewContext("gc") as () => void;

/**
 * Collects and lets finalizers run, until `done` or for 50 seconds; returns whether it was done.
 *
 * What a WeakRef was asked for stays alive until the turn ends, so there is one between asking and collecting.
 */
export async function collectUntil(done: () => boolean): Promise<boolean> {
  const deadline = Date.now() + 50_000;
  for (;;) {
    await turn();
    collect();
    await turn();
    if (done()) return true;
    if (Date.now() > deadline) return false;
  }
}
