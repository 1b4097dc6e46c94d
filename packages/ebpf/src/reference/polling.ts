/**
 * Looking at a map again and again, until there is something to see.
 *
 * The kernel tells nobody when an element changes or a queue gets a value, so that waiting for it is asking every few
 * milliseconds. Each look costs system calls; what happens between two looks stays unseen.
 * @module
 */
import { intervalOf, Waiting, type WaitOptions } from "../stream/waiting.ts";

/** How to wait for something that has to be looked at. */
export interface PollOptions extends WaitOptions {
  /** Milliseconds from one look to the next; 10 when left out. */
  readonly intervalMs?: number | undefined;
}

const usualIntervalMs = 10;

/** A waiter that is woken every so often. */
export class Polling extends Waiting {
  readonly #intervalMs: number;

  /** @throws {InvalidArgumentError} when the interval is not above 0. */
  constructor(options: PollOptions) {
    const intervalMs = intervalOf(options.intervalMs ?? usualIntervalMs);
    super(options);
    this.#intervalMs = intervalMs;
  }

  /** Resolves when it is time to look (true), or when the waiting has ended (false). */
  override async wait(): Promise<boolean> {
    const timer = setTimeout(() => this.wakeUp(), this.#intervalMs);
    try {
      return await super.wait();
    } finally {
      clearTimeout(timer);
    }
  }
}
