/**
 * Failures on purpose: which operations of the simulated kernel fail, how, how often, with which probability.
 *
 * The random numbers come from a seed, so that a run can be had again.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";
import { didYouMean } from "../base/text.ts";
import { errno, type ErrnoName } from "../kernel/errno.ts";
import type { Command } from "../kernel/commands.ts";

/** What fails. */
export interface Injection {
  readonly command: Command;
  readonly error: ErrnoName;
  /** How many calls fail; all when left out. */
  readonly times?: number;
  /** How many calls succeed before the first one fails; 0 when left out. */
  readonly after?: number;
  /** From 0 to 1; 1 when left out. */
  readonly probability?: number;
}

/** Decides which calls fail. */
export class Injections {
  readonly #active: { readonly of: Injection; left: number; wait: number }[] = [];
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0 || 1;
  }

  /**
   * Adds one; disposing ends it.
   * @throws {InvalidArgumentError} when there is no such error, or the probability is none.
   */
  add(of: Injection): Disposable {
    if (!Object.hasOwn(errno, of.error)) {
      const hint =
        didYouMean(of.error, Object.keys(errno)) ?? "names are those of errno(3), such as ENOMEM";
      throw new InvalidArgumentError(`no error is called "${of.error}"`, { hint });
    }
    const { probability = 1 } = of;
    if (!(probability >= 0 && probability <= 1)) {
      throw new InvalidArgumentError(`${probability} is no probability`, {
        hint: "it goes from 0 to 1",
      });
    }
    const entry = { of, left: of.times ?? Infinity, wait: of.after ?? 0 };
    this.#active.push(entry);
    return { [Symbol.dispose]: () => void this.#active.splice(this.#active.indexOf(entry), 1) };
  }

  /** 0, or the negated errno that this call fails with. */
  next(command: Command): number {
    if (this.#active.length === 0) return 0;
    for (const entry of this.#active) {
      if (entry.of.command !== command || entry.left <= 0) continue;
      if (entry.wait > 0) {
        entry.wait -= 1;
        continue;
      }
      if (this.random() >= (entry.of.probability ?? 1)) continue;
      entry.left -= 1;
      return -errno[entry.of.error];
    }
    return 0;
  }

  /** A number from 0 up to 1, the next of the seed's row (xorshift). */
  random(): number {
    let state = this.#state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.#state = state >>> 0;
    return this.#state / 2 ** 32;
  }
}
