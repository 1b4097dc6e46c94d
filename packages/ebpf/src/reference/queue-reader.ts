/**
 * Taking values out of a queue or stack as they come.
 *
 * A queue wakes nobody, so an empty one is asked again every few milliseconds. Those who wait on the same reader are
 * served in the order in which they came.
 * @module
 */
import { assertOptions, isAnything } from "../base/checks.ts";
import { ClosedError } from "../base/errors.ts";
import { assertLive } from "../base/given.ts";
import type { QueueMap } from "../map/queue-map.ts";
import { nextTurn } from "../stream/readiness.ts";
import { limitOf } from "../stream/waiting.ts";
import type { Polling, PollOptions } from "./polling.ts";
import { WaitingLine } from "./waiting-line.ts";

/** Options of a reader or writer. */
export interface QueueOptions {
  /** Milliseconds from one look to the next while the queue is empty, or full; 10 when left out. */
  readonly intervalMs?: number | undefined;
}

/** Options of reading values. */
export interface QueueReadOptions extends PollOptions {
  /** Ends the reading after this many values. */
  readonly limit?: number | undefined;
}

/** The end of a queue or stack that values are taken from. Closing it ends its waiting; the map is lent and stays. */
export class QueueReader<Value> implements AsyncIterable<Value>, Disposable {
  readonly #map: QueueMap<Value>;
  readonly #line: WaitingLine;
  #taken = 0;

  constructor(map: QueueMap<Value>, { intervalMs }: QueueOptions = {}) {
    this.#map = map;
    this.#line = new WaitingLine(() => map.closed, intervalMs);
  }

  /** Number of values taken so far. */
  get taken(): number {
    return this.#taken;
  }

  /** The next value, which stays; `undefined` when there is none. */
  peek(): Value | undefined {
    this.#assertOpen();
    return this.#map.peek();
  }

  /**
   * Takes the next value, waiting for it: of a queue the oldest, of a stack the newest. `undefined` when the signal, the
   * time-out or closing came first.
   */
  async pop(options: PollOptions = {}): Promise<Value | undefined> {
    this.#assertOpen();
    using polling = this.#line.polling(options);
    return await this.#pop(polling);
  }

  /** Takes values as they come. Leaving the loop, the signal, the limit, the time-out and closing end it. */
  read(options: QueueReadOptions = {}): AsyncGenerator<Value, void> {
    this.#assertOpen();
    return this.#read(options);
  }

  [Symbol.asyncIterator](): AsyncGenerator<Value, void> {
    return this.read();
  }

  close(): void {
    this.#line.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async *#read(options: QueueReadOptions): AsyncGenerator<Value, void> {
    const limit = limitOf(options);
    using polling = this.#line.polling(options);
    for (let count = 1; count <= limit; count++) {
      const value = await this.#pop(polling);
      if (value === undefined) return;
      yield value;
      // A queue that never is empty must not keep timers and signals waiting.
      if (count % valuesPerTurn === 0) await nextTurn();
    }
  }

  async #pop(polling: Polling): Promise<Value | undefined> {
    const value = await this.#line.wait(polling, () => this.#map.pop());
    if (value !== undefined) this.#taken += 1;
    return value;
  }

  #assertOpen(): void {
    if (this.#line.closed) throw new ClosedError(`reader of "${this.#map.name}"`);
  }
}

/** Values taken in a row before the event loop gets its turn. */
const valuesPerTurn = 1024;

/** Takes values out of a queue or stack as they come. The map is lent. */
export function queueReader<Value>(
  map: QueueMap<Value>,
  options: QueueOptions = {},
): QueueReader<Value> {
  assertQueue(map, options);
  return new QueueReader(map, options);
}

/** @throws {InvalidArgumentError} when it is no queue or stack, or the options are none. */
export function assertQueue(map: unknown, options: QueueOptions): void {
  assertLive(map, "pop", "the map", "give a loaded queue or stack");
  assertOptions(options, { intervalMs: isAnything }, "the end of a queue");
}
