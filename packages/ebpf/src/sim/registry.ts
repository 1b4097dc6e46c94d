/**
 * What the simulated kernel has by number and by path.
 * @module
 */
import type { SimulatedObject } from "./object.ts";

/** Objects of one kind by their numbers, which are never used again. */
export class Registry<T extends SimulatedObject> {
  readonly #objects = new Map<number, T>();
  #last = 0;

  /** Gives the object a number, until nobody holds it. */
  add(object: T): T {
    this.#last += 1;
    object.id = this.#last;
    this.#objects.set(object.id, object);
    object.atEnd(() => this.#objects.delete(object.id));
    return object;
  }

  get(id: number): T | undefined {
    return this.#objects.get(id);
  }

  /** The first object that `wanted` is true for. */
  find(wanted: (object: T) => boolean): T | undefined {
    for (const object of this.#objects.values()) if (wanted(object)) return object;
    return undefined;
  }

  /** The next number in use above `id`. */
  next(id: number): number | undefined {
    return [...this.#objects.keys()].find((known) => known > id);
  }
}
