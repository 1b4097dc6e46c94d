/**
 * How well a reader keeps up, from how full its queue is.
 *
 * Two marks keep it from going to and fro: above the high one it is no longer well, and only below the low one it is
 * well again.
 *
 *     depth    0 ──────── low ──────── high ──────── capacity
 *     rising        ok           ok         degraded  overloaded
 *     falling       ok        degraded     as it was
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";

/**
 * `ok`: events are read faster than they come. `degraded`: they have piled up. `overloaded`: the queue was full, so that
 * events were dropped or left where they came from.
 */
export type Health = "ok" | "degraded" | "overloaded";

/** Marks as shares of the capacity. */
export interface HealthMarks {
  readonly highWater: number;
  readonly lowWater: number;
}

/** Follows the depth of a queue. */
export class HealthMeter {
  readonly #capacity: number;
  readonly #high: number;
  /** Depth at and below which all is well. */
  readonly low: number;
  #health: Health = "ok";

  /** @throws {InvalidArgumentError} unless 0 ≤ low < high ≤ 1. */
  constructor(capacity: number, { highWater, lowWater }: HealthMarks) {
    if (!(lowWater >= 0 && lowWater < highWater && highWater <= 1)) {
      throw new InvalidArgumentError(`water marks ${lowWater} and ${highWater}`, {
        hint: "give shares of the capacity, 0 ≤ lowWater < highWater ≤ 1",
      });
    }
    this.#capacity = capacity;
    this.#high = highWater * capacity;
    this.low = Math.floor(lowWater * capacity);
  }

  get health(): Health {
    return this.#health;
  }

  /** Notes the depth; true when the health changed. */
  note(depth: number): boolean {
    const before = this.#health;
    this.#health = this.#at(depth);
    return this.#health !== before;
  }

  #at(depth: number): Health {
    if (depth <= this.low) return "ok";
    if (depth >= this.#capacity) return "overloaded";
    if (depth < this.#high) return this.#health === "ok" ? "ok" : "degraded";
    return this.#health === "ok" ? "degraded" : this.#health;
  }
}
