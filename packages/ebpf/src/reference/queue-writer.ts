/**
 * Putting values into a queue or stack, waiting while it is full.
 * @module
 */
import { ClosedError } from "../base/errors.ts";
import type { QueueMap } from "../map/queue-map.ts";
import type { PollOptions } from "./polling.ts";
import { assertQueue, type QueueOptions } from "./queue-reader.ts";
import { WaitingLine } from "./waiting-line.ts";

/** The end of a queue or stack that values are put into. Closing it ends its waiting; the map is lent and stays. */
export class QueueWriter<Value> implements Disposable {
  readonly #map: QueueMap<Value>;
  readonly #line: WaitingLine;
  #pushed = 0;

  constructor(map: QueueMap<Value>, { intervalMs }: QueueOptions = {}) {
    this.#map = map;
    this.#line = new WaitingLine(() => map.closed, intervalMs);
  }

  /** Number of values put in so far. */
  get pushed(): number {
    return this.#pushed;
  }

  /** Number of values that wait for room. */
  get waiting(): number {
    return this.#line.length;
  }

  /**
   * Puts a value in, waiting for room: true when it is in, false when the signal, the time-out or closing came first.
   * Values go in in the order of the calls, also when these are not awaited. To let the oldest value make room instead,
   * push to the map with mode `exist`.
   * @throws {InvalidArgumentError} when the value is none of the map's layout.
   */
  async push(value: Value, options: PollOptions = {}): Promise<boolean> {
    if (this.#line.closed) throw new ClosedError(`writer of "${this.#map.name}"`);
    using polling = this.#line.polling(options);
    const done = await this.#line.wait(polling, () => this.#map.push(value) || undefined);
    if (done === undefined) return false;
    this.#pushed += 1;
    return true;
  }

  close(): void {
    this.#line.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** Puts values into a queue or stack, waiting while it is full. The map is lent. */
export function queueWriter<Value>(
  map: QueueMap<Value>,
  options: QueueOptions = {},
): QueueWriter<Value> {
  assertQueue(map, options);
  return new QueueWriter(map, options);
}
