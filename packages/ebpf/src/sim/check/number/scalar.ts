/**
 * What is known of a number in a register: its bits, and its ranges as 64 and 32 bits, with signs and without.
 *
 * Five pieces of knowledge are about the same number, and each sharpens the others; `settle` lets them do so. Where a
 * number came from and which others equal it is known by its `id` only. What becomes of numbers that are calculated with
 * is told by `arithmetic.ts`.
 * @module
 */
import {
  type Bounds,
  exactly,
  fromBits,
  full,
  lowFromWide,
  sharpen,
  wideFromLow,
  within,
} from "./bounds.ts";
import type { Origin } from "./origin.ts";
import {
  bitsOfRange,
  coversBits,
  intersectBits,
  knownBits,
  lowBits,
  type Tnum,
  unknownBits,
  withLowBits,
} from "./tnum.ts";

/** A number in a register. */
export interface Scalar {
  readonly kind: "scalar";
  readonly bits: Tnum;
  readonly wide: Bounds;
  /** Of the low 32 bits. */
  readonly low: Bounds;
  /** Numbers with the same id other than 0 are equal, but for what was added to each. */
  readonly id: number;
  /** What was added since it got its id; nothing as long as it is the number itself. */
  readonly added?: bigint | undefined;
  /** What it was made of; numbers without are held to count. */
  readonly origin?: Origin | undefined;
}

/** Any number. */
export const unknownScalar: Scalar = {
  kind: "scalar",
  bits: unknownBits,
  wide: full[64],
  low: full[32],
  id: 0,
};

/** Exactly `value`, modulo 2^64. */
export function constantScalar(value: bigint): Scalar {
  const wide = exactly(value, 64);
  return { kind: "scalar", bits: knownBits(value), wide, low: exactly(value, 32), id: 0 };
}

/** Any number of `size` bytes without sign. */
export function sizedScalar(size: number): Scalar {
  return size >= 8 ? unknownScalar : rangeScalar(0n, (1n << BigInt(size * 8)) - 1n);
}

/** A number from `min` to `max`, with sign. */
export function rangeScalar(min: bigint, max: bigint): Scalar {
  return settle({ ...unknownScalar, wide: { ...full[64], smin: min, smax: max } });
}

/** The number, when only one is possible. */
export function constantOf({ bits }: Scalar): bigint | undefined {
  return bits.mask === 0n ? bits.value : undefined;
}

/** The same number under an id, and thereby tied to others with it; to none when it is 0. */
export function withId(scalar: Scalar, id: number): Scalar {
  return scalar.id === id ? scalar : { ...scalar, id, added: undefined };
}

/** Whether no number fits: what was assumed cannot be. */
export function isImpossible({ wide, low }: Scalar): boolean {
  return (
    wide.umin > wide.umax || wide.smin > wide.smax || low.umin > low.umax || low.smin > low.smax
  );
}

/** Whether every number that `inner` can be is one that `outer` can be. */
export function covers(outer: Scalar, inner: Scalar): boolean {
  return (
    within(outer.wide, inner.wide) &&
    within(outer.low, inner.low) &&
    coversBits(outer.bits, inner.bits)
  );
}

/** Lets all that is known sharpen each other. */
export function settle(scalar: Scalar): Scalar {
  let { bits, wide, low } = scalar;
  if (bits.mask === 0n && contains(wide, low, bits.value))
    return { ...scalar, wide: exactly(bits.value, 64), low: exactly(bits.value, 32) };
  for (let round = 0; round < 2; round++) {
    const before = { bits, wide, low };
    wide = sharpen(fromBits(wide, bits, 64), 64);
    low = sharpen(fromBits(low, lowBits(bits), 32), 32);
    low = lowFromWide(low, wide);
    wide = wideFromLow(wide, low);
    if (wide.umin > wide.umax || low.umin > low.umax) break;
    bits = intersectBits(bits, bitsOfRange(wide.umin, wide.umax));
    const lows = intersectBits(lowBits(bits), bitsOfRange(low.umin, low.umax));
    bits = withLowBits(bits, lows);
    if (within(wide, before.wide) && within(low, before.low) && bits.mask === before.bits.mask)
      break;
  }
  return { ...scalar, bits, wide, low };
}

/** The low 32 bits of the number; those above are 0. */
export function lowHalf(scalar: Scalar): Scalar {
  const { umin, umax } = scalar.low;
  const wide = { umin, umax, smin: umin, smax: umax };
  return settle({ ...scalar, bits: lowBits(scalar.bits), wide, id: 0, added: undefined });
}

/** Whether a number lies within the ranges. */
function contains(wide: Bounds, low: Bounds, value: bigint): boolean {
  return within(wide, exactly(value, 64)) && within(low, exactly(value, 32));
}
