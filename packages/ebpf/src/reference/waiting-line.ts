/**
 * A line of those who wait for the same end of a queue.
 *
 * Only who stands first tries; when that one leaves, the next is woken at once. So calls are served in the order in which
 * they were made, however long each has been waiting.
 * @module
 */
import { Polling, type PollOptions } from "./polling.ts";

/** The line. */
export class WaitingLine implements Disposable {
  readonly #sourceClosed: () => boolean;
  readonly #intervalMs: number | undefined;
  readonly #line: Polling[] = [];
  #closed = false;

  /** `sourceClosed` tells whether what all wait for is closed, which ends the waiting too. */
  constructor(sourceClosed: () => boolean, intervalMs: number | undefined) {
    this.#sourceClosed = sourceClosed;
    this.#intervalMs = intervalMs;
  }

  /** Whether nobody can wait here any more. */
  get closed(): boolean {
    return this.#closed || this.#sourceClosed();
  }

  /** Number of those who wait. */
  get length(): number {
    return this.#line.length;
  }

  /** A waiter that looks as often as this line does; the caller closes it. */
  polling(options: PollOptions): Polling {
    return new Polling({ ...options, intervalMs: options.intervalMs ?? this.#intervalMs });
  }

  /** What `attempt` returns as soon as it is not `undefined`; `undefined` when the waiting ended before. */
  async wait<Result>(
    polling: Polling,
    attempt: () => Result | undefined,
  ): Promise<Result | undefined> {
    this.#line.push(polling);
    try {
      return await this.#tryUntilEnded(polling, attempt);
    } finally {
      this.#line.splice(this.#line.indexOf(polling), 1);
      this.#line[0]?.wakeUp();
    }
  }

  /** Ends the waiting of all. */
  close(): void {
    this.#closed = true;
    for (const polling of this.#line) polling.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async #tryUntilEnded<Result>(
    polling: Polling,
    attempt: () => Result | undefined,
  ): Promise<Result | undefined> {
    while (!polling.ended && !this.closed) {
      const result = this.#line[0] === polling ? attempt() : undefined;
      if (result !== undefined) return result;
      await polling.wait();
    }
    return undefined;
  }
}
