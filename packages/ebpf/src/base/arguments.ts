/**
 * Arguments that cannot be meant: numbers that are not whole or out of bounds, words that nobody knows.
 *
 * A number that is cut to what its place holds, or a word that is passed over, does something else than was asked for and
 * says nothing. So what a caller gives is checked where it comes in. What the kernel refuses by itself is left to it.
 * @module
 */
import { InvalidArgumentError } from "./errors.ts";
import { didYouMean } from "./text.ts";

/** The numbers that can be meant. */
export interface Bounds {
  /** 0 when left out. */
  readonly least?: number;
  /** The largest number that is exact (2^53 - 1) when left out. */
  readonly most?: number;
}

/**
 * Checks a whole number; `what` begins the message: `the number of a CPU`.
 * @throws {InvalidArgumentError} when it is not whole, or out of bounds.
 */
export function assertWhole(
  value: unknown,
  what: string,
  { least = 0, most = Number.MAX_SAFE_INTEGER }: Bounds = {},
): asserts value is number {
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) return;
  throw new InvalidArgumentError(`${what} is ${shown(value)}`, {
    hint: `give a whole number from ${least} to ${most}`,
  });
}

/**
 * Checks a word; `what` begins the message: `the policy`.
 * @throws {InvalidArgumentError} when it is none of `words`, with the one that may have been meant.
 */
export function assertWord<Word extends string>(
  value: unknown,
  words: readonly Word[],
  what: string,
): asserts value is Word {
  if (words.some((word) => word === value)) return;
  const near = typeof value === "string" ? didYouMean(value, words) : undefined;
  throw new InvalidArgumentError(`${what} is ${shown(value)}`, {
    hint: near ?? `there are ${words.join(", ")}`,
  });
}

/**
 * Checks a text.
 * @throws {InvalidArgumentError} when it is none, or holds a zero byte, at which the kernel would end it.
 */
export function assertText(value: unknown, what: string): asserts value is string {
  if (typeof value === "string" && !value.includes("\0")) return;
  throw new InvalidArgumentError(`${what} is ${shown(value)}`, {
    hint: "give a text without zero bytes",
  });
}

/** A value in a message. */
function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "object" && value !== null) return "an object";
  return typeof value === "function" ? "a function" : String(value);
}
