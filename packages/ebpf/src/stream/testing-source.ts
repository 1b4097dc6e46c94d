/**
 * A source of events that tests fill while it is read.
 * @module
 */
import type { Readable } from "./source.ts";
import { type ReadOptions, Waiting } from "./waiting.ts";

/** Events in memory, read like a ring buffer: what a reader leaves stays for the next one. */
export class TestSource<Event> implements Readable<Event> {
  readonly #events: (Event | Error)[] = [];
  readonly #readers = new Set<Waiting>();
  #ended = false;

  constructor(...events: readonly Event[]) {
    this.#events.push(...events);
  }

  /** Events that are there. */
  get left(): number {
    return this.#events.length;
  }

  /** Readers that wait, or are between two events. */
  get readers(): number {
    return this.#readers.size;
  }

  /** Adds events; an error is thrown in its turn. */
  push(...events: readonly (Event | Error)[]): void {
    this.#events.push(...events);
    for (const reader of this.#readers) reader.wakeUp();
  }

  /** Ends readings when there are no more events. */
  end(): void {
    this.#ended = true;
    for (const reader of this.#readers) reader.wakeUp();
  }

  async *read(options: ReadOptions = {}): AsyncGenerator<Event, void> {
    const { limit = Infinity } = options;
    using waiting = new Waiting(options);
    this.#readers.add(waiting);
    try {
      for (let left = limit; left > 0 && !waiting.ended;) {
        const event = this.#events.shift();
        if (event instanceof Error) throw event;
        if (event !== undefined) {
          left -= 1;
          yield event;
        } else if (this.#ended) {
          return;
        } else {
          await waiting.wait();
        }
      }
    } finally {
      this.#readers.delete(waiting);
    }
  }
}
