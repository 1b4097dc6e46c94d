/**
 * Waiting for the next item of an iterator, but not for ever.
 *
 * An iterator cannot be told to forget what it was asked for. So the question is kept: whoever stopped waiting for the
 * answer gets it the next time, and nothing is lost between.
 * @module
 */
import type { Waiting } from "./waiting.ts";

/** The items of an iterator, for one who waits for one at a time. */
export class PendingNext<Item> {
  readonly #iterator: AsyncIterator<Item>;
  #asked = false;
  #answer: (() => IteratorResult<Item>) | undefined;
  #waiting: Waiting | undefined;

  constructor(iterator: AsyncIterator<Item>) {
    this.#iterator = iterator;
  }

  /**
   * The next result; `undefined` when the waiting ended before, and then it is still asked for.
   * @throws what the iterator throws.
   */
  async wait(waiting: Waiting): Promise<IteratorResult<Item> | undefined> {
    this.#waiting = waiting;
    if (!this.#asked) this.#ask();
    if (this.#answer === undefined) await waiting.wait();
    const answer = this.#answer;
    if (answer === undefined) return undefined;
    this.#asked = false;
    this.#answer = undefined;
    return answer();
  }

  /** Ends the iterator. Does not wait for it while it is still to answer, which could take for ever. */
  async return(): Promise<void> {
    const ending = this.#iterator.return?.();
    if (!this.#asked || this.#answer !== undefined) await ending;
    else ending?.catch(() => {});
  }

  #ask(): void {
    this.#asked = true;
    this.#iterator.next().then(
      (result) => this.#settle(() => result),
      (error: unknown) =>
        this.#settle(() => {
          throw error;
        }),
    );
  }

  #settle(answer: () => IteratorResult<Item>): void {
    this.#answer = answer;
    this.#waiting?.wakeUp();
  }
}
