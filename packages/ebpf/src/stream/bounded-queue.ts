/**
 * A queue of a fixed size, in memory.
 * @module
 */
import { assertWhole } from "../base/arguments.ts";

/** First in, first out, up to `capacity` items. */
export class BoundedQueue<Item> {
  readonly capacity: number;
  /** Used as a ring: the oldest item is at `#first`. */
  readonly #items: (Item | undefined)[] = [];
  #first = 0;
  #length = 0;

  /** @throws {InvalidArgumentError} when `capacity` is not a whole number above 0, or more than memory has room for. */
  constructor(capacity: number) {
    assertWhole(capacity, "the capacity of a queue of events", { least: 1, most: 2 ** 30 });
    this.capacity = capacity;
  }

  /** Number of items. */
  get length(): number {
    return this.#length;
  }

  get full(): boolean {
    return this.#length === this.capacity;
  }

  /** Adds an item; false when there is no room. */
  push(item: Item): boolean {
    if (this.full) return false;
    this.#items[(this.#first + this.#length) % this.capacity] = item;
    this.#length += 1;
    return true;
  }

  /** Takes the oldest item. The queue is not empty. */
  shift(): Item {
    const item = this.#items[this.#first] as Item;
    this.#items[this.#first] = undefined;
    this.#length -= 1;
    // One that is read empty starts over, so that a queue that is far larger than what ever waits stays small.
    this.#first = this.#length === 0 ? 0 : (this.#first + 1) % this.capacity;
    return item;
  }
}
