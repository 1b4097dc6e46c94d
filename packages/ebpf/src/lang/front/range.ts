/**
 * What numbers a register can hold, as an interval of whole numbers.
 *
 * Knowing that a number is not negative, or fits 32 bits, saves extending it, and makes signed division plain. Ranges
 * are kept for values, which are defined once; what is not known is any number of 64 bits.
 * @module
 */
import type { Operand, Value } from "../ir/operation.ts";

/** From `min` to `max`, both included. */
export interface Range {
  readonly min: bigint;
  readonly max: bigint;
}

/** Where ranges are kept. */
export interface Ranges {
  readonly ranges: Map<Value, Range>;
  /** Values whose range the verifier finds as well: it knows nothing of a quotient, or of the number of an iterator. */
  readonly seen: Set<Value>;
}

/** Every number of 64 bits with sign. */
export const anyNumber: Range = { min: -(2n ** 63n), max: 2n ** 63n - 1n };
/** What bitwise operators give. */
export const int32: Range = { min: -(2n ** 31n), max: 2n ** 31n - 1n };
/** What `>>>` gives. */
export const uint32: Range = { min: 0n, max: 2n ** 32n - 1n };

/** The numbers of an integer of this many bits; 64 bits are read with a sign. */
export function rangeOfBits(bits: number, signed: boolean): Range {
  if (bits === 64) return anyNumber;
  const size = 2n ** BigInt(bits);
  return signed ? { min: -size / 2n, max: size / 2n - 1n } : { min: 0n, max: size - 1n };
}

/** What is known of an operand. */
export function rangeOf({ ranges }: Ranges, operand: Operand): Range {
  if (typeof operand === "bigint") return { min: operand, max: operand };
  return ranges.get(operand) ?? anyNumber;
}

/** Notes what is known of an operand, and returns it. A range beyond 64 bits says nothing, and so does an empty one. */
export function withRange({ ranges }: Ranges, operand: Operand, range: Range): Operand {
  const fits = range.min <= range.max && range.min >= anyNumber.min && range.max <= anyNumber.max;
  if (typeof operand !== "bigint" && fits && !isAny(range)) ranges.set(operand, range);
  return operand;
}

/** From the lowest of both to the highest. */
export function union(left: Range, right: Range): Range {
  return {
    min: left.min < right.min ? left.min : right.min,
    max: left.max > right.max ? left.max : right.max,
  };
}

/** Notes that the verifier knows the range of an operand too, and returns it. */
export function withSeenRange(known: Ranges, operand: Operand, range: Range): Operand {
  if (typeof operand !== "bigint") known.seen.add(operand);
  return withRange(known, operand, range);
}

/** Whether the verifier knows the range of an operand, as far as this file does. */
export function isSeen({ seen }: Ranges, operand: Operand): boolean {
  return typeof operand === "bigint" || seen.has(operand);
}

/** Whether every number of `range` is one of `outer`. */
export function isWithin(range: Range, outer: Range): boolean {
  return range.min >= outer.min && range.max <= outer.max;
}

/** Whether an operand is known not to be negative. */
export function isNonNegative(known: Ranges, operand: Operand): boolean {
  return rangeOf(known, operand).min >= 0n;
}

function isAny({ min, max }: Range): boolean {
  return min <= anyNumber.min && max >= anyNumber.max;
}
