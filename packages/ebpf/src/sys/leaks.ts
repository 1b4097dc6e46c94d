/**
 * Finds descriptors that nobody closed.
 *
 * While switched on, each new descriptor remembers where it was made, and one that is collected while still open is
 * reported with that place. It is only reported, never closed: when the collector runs is nobody's plan, and a
 * program that worked because of it would fail on the next day.
 * @module
 */

/** A descriptor that was collected without having been closed. */
export interface Leak {
  /** What it kept open: `map "counts"`. */
  readonly what: string;
  /** Stack of the call that made it. */
  readonly stack: string;
}

/** Receives leaks, at some time after they have happened. */
export type LeakListener = (leak: Leak) => void;

let registry: FinalizationRegistry<Leak> | undefined;

/**
 * Reports descriptors made from now on that are collected while open. Costs a stack trace for each descriptor, so it
 * is meant for tests and for hunting. Dispose what it returns to switch it off; a second call replaces the first.
 */
export function reportLeaks(listener: LeakListener): Disposable {
  const mine = new FinalizationRegistry<Leak>((leak) => {
    if (registry === mine) listener(leak);
  });
  registry = mine;
  return {
    [Symbol.dispose]: () => {
      if (registry === mine) registry = undefined;
    },
  };
}

/** Watches `holder`, which keeps `what` open. Does nothing while switched off. */
export function trackHolder(holder: object, what: string): void {
  if (registry === undefined) return;
  const stack = new Error(`${what} was opened here`).stack ?? "";
  registry.register(holder, { what, stack }, holder);
}

/** Stops watching `holder`: it was closed, or has given away what it held. */
export function untrackHolder(holder: object): void {
  registry?.unregister(holder);
}
