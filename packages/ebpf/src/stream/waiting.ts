/**
 * Waiting for something, again and again, until a signal, a time-out or the end.
 *
 * Whoever knows that there is something to look at calls `wakeUp`; a call that comes early is kept for the next wait, so
 * that nothing is missed between looking and waiting. What is looked at, and how one gets to know, is up to the caller.
 * @module
 */
import { assertWhole } from "../base/arguments.ts";
import { assertOptions, type Checks, isAnything, isObject } from "../base/checks.ts";
import { InvalidArgumentError } from "../base/errors.ts";

/** When waiting ends though nothing has come. */
export interface WaitOptions {
  /** Ends the waiting, without an error; what was waited for stays where it is. */
  readonly signal?: AbortSignal | undefined;
  /** Ends the waiting this many milliseconds after it began; from 2^31 on it never does. */
  readonly timeoutMs?: number | undefined;
}

/** Options of reading what comes. */
export interface ReadOptions extends WaitOptions {
  /** Ends the reading after this many. */
  readonly limit?: number | undefined;
}

const readChecks: Checks<ReadOptions> = {
  signal: isObject,
  timeoutMs: isAnything,
  limit: isAnything,
};

/** @throws {InvalidArgumentError} when a reading is given what is no option of it: it would not end as it should. */
export function assertReadOptions(options: ReadOptions): void {
  assertOptions(options, readChecks, "a reading");
}

/** Longest time a timer of Node takes; it would turn a longer one into 1 ms. */
const longestMs = 2 ** 31 - 1;

/**
 * How many are read at most; without end when left out.
 * @throws {InvalidArgumentError} when that is not a whole number from 0 up: nothing would be read, or everything.
 */
export function limitOf({ limit = Infinity }: Pick<ReadOptions, "limit">): number {
  if (limit !== Infinity) assertWhole(limit, "the limit of a reading");
  return limit;
}

/**
 * Milliseconds until waiting ends; `undefined` when it never does by itself.
 * @throws {InvalidArgumentError} when it is not a number, or below 0.
 */
export function timeoutOf({ timeoutMs }: Pick<WaitOptions, "timeoutMs">): number | undefined {
  if (timeoutMs === undefined) return undefined;
  if (typeof timeoutMs === "number" && timeoutMs > longestMs) return undefined;
  if (typeof timeoutMs === "number" && timeoutMs >= 0) return timeoutMs;
  throw new InvalidArgumentError(`the time-out is ${String(timeoutMs)} ms`, {
    hint: "give milliseconds from 0 up, or leave it out to wait without end",
  });
}

/**
 * Milliseconds from one look to the next.
 * @throws {InvalidArgumentError} when that is not a number above 0: the looks would follow each other without a pause.
 */
export function intervalOf(intervalMs: number): number {
  if (Number.isFinite(intervalMs) && intervalMs > 0) return Math.min(intervalMs, longestMs);
  throw new InvalidArgumentError(`an interval of ${String(intervalMs)} ms`, {
    hint: "give the milliseconds from one look to the next, above 0",
  });
}

/** One waiter. */
export class Waiting implements Disposable {
  readonly #signal: AbortSignal | undefined;
  readonly #timer: NodeJS.Timeout | undefined;
  #ended: boolean;
  #woken = false;
  #wake: (() => void) | undefined;

  /** @throws {InvalidArgumentError} when the time-out is not a number, or below 0. */
  constructor({ signal, timeoutMs }: WaitOptions = {}) {
    const timeout = timeoutOf({ timeoutMs });
    this.#signal = signal;
    this.#ended = signal?.aborted ?? false;
    signal?.addEventListener("abort", this.#end);
    if (timeout !== undefined) this.#timer = setTimeout(this.#end, timeout);
  }

  /** Whether the signal, the time-out or `close` has ended the waiting. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Resolves when there may be something (true), or when the waiting has ended (false). */
  async wait(): Promise<boolean> {
    if (this.#woken || this.#ended) return this.#take();
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    return this.#take();
  }

  /** Lets the waiter look: now, or as soon as it waits. */
  wakeUp(): void {
    this.#woken = true;
    this.#wakeWaiter();
  }

  close(): void {
    this.#end();
    this.#signal?.removeEventListener("abort", this.#end);
    clearTimeout(this.#timer);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #take(): boolean {
    this.#woken = false;
    return !this.#ended;
  }

  readonly #end = (): void => {
    this.#ended = true;
    this.#wakeWaiter();
  };

  #wakeWaiter(): void {
    this.#wake?.();
    this.#wake = undefined;
  }
}
