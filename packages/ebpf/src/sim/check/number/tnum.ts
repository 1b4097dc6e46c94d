/**
 * Numbers of which some bits are known: a value, and a mask of the bits that may be anything.
 *
 * Each operation gives a number that covers every result the operation can have; the representation and what the
 * operations must give are those of kernel/bpf/tnum.c. It knows nothing of ranges, which `scalar.ts` keeps beside it.
 *
 * ```
 *   value  1 0 0 1   bits known to be set
 *   mask   0 0 1 0   bits not known; never set in both
 *   means  1 0 ? 1
 * ```
 * @module
 */

/** 64 bits, some of them known. */
export interface Tnum {
  /** Bits known to be 1. */
  readonly value: bigint;
  /** Bits that are not known. No bit is in both. */
  readonly mask: bigint;
}

const all = (1n << 64n) - 1n;

/** Nothing is known. */
export const unknownBits: Tnum = { value: 0n, mask: all };

/** Everything is known; `value` is taken modulo 2^64. */
export function knownBits(value: bigint): Tnum {
  return { value: value & all, mask: 0n };
}

/** What all numbers from `min` to `max` have in common, both unsigned. */
export function bitsOfRange(min: bigint, max: bigint): Tnum {
  const width = bitLength(min ^ max);
  const mask = (1n << width) - 1n;
  return { value: min & ~mask, mask };
}

/** Sum, modulo 2^64: a bit is unknown where a carry may or may not come. */
export function addBits(a: Tnum, b: Tnum): Tnum {
  const least = (a.value + b.value) & all;
  const most = (least + a.mask + b.mask) & all;
  const mask = (least ^ most) | a.mask | b.mask;
  return { value: least & ~mask, mask };
}

/** Difference, modulo 2^64. */
export function subBits(a: Tnum, b: Tnum): Tnum {
  const middle = (a.value - b.value) & all;
  const most = (middle + a.mask) & all;
  const least = (middle - b.mask) & all;
  const mask = (most ^ least) | a.mask | b.mask;
  return { value: middle & ~mask, mask };
}

/** Bits that both have. */
export function andBits(a: Tnum, b: Tnum): Tnum {
  const value = a.value & b.value;
  return { value, mask: (a.value | a.mask) & (b.value | b.mask) & ~value };
}

/** Bits that one of both has. */
export function orBits(a: Tnum, b: Tnum): Tnum {
  const value = a.value | b.value;
  return { value, mask: (a.mask | b.mask) & ~value };
}

/** Bits in which both differ. */
export function xorBits(a: Tnum, b: Tnum): Tnum {
  const mask = a.mask | b.mask;
  return { value: (a.value ^ b.value) & ~mask, mask };
}

/** Product, modulo 2^64: a sum of shifted copies, one for each bit of `a` that may be set. */
export function mulBits(a: Tnum, b: Tnum): Tnum {
  let sum: Tnum = knownBits(a.value * b.value);
  let { value, mask } = a;
  let factor = b;
  while (value !== 0n || mask !== 0n) {
    if ((value & 1n) !== 0n) sum = addBits(sum, { value: 0n, mask: factor.mask });
    else if ((mask & 1n) !== 0n) {
      sum = addBits(sum, { value: 0n, mask: factor.value | factor.mask });
    }
    value >>= 1n;
    mask >>= 1n;
    factor = shiftLeft(factor, 1n);
  }
  return sum;
}

/** Moved to the left by a known number of bits below 64. */
export function shiftLeft({ value, mask }: Tnum, bits: bigint): Tnum {
  return { value: (value << bits) & all, mask: (mask << bits) & all };
}

/** Moved to the right by a known number of bits, zeros following. */
export function shiftRight({ value, mask }: Tnum, bits: bigint): Tnum {
  return { value: value >> bits, mask: mask >> bits };
}

/** Moved to the right as a signed number of `width` bits. */
export function shiftRightSigned({ value, mask }: Tnum, bits: bigint, width: 32 | 64): Tnum {
  const shift = (part: bigint): bigint => BigInt.asUintN(width, BigInt.asIntN(width, part) >> bits);
  const shiftedMask = shift(mask);
  return { value: shift(value) & ~shiftedMask, mask: shiftedMask };
}

/** What is known when both are about the same number. Contradictions are for the ranges to find. */
export function intersectBits(a: Tnum, b: Tnum): Tnum {
  const mask = a.mask & b.mask;
  return { value: (a.value | b.value) & ~mask, mask };
}

/** The low 32 bits; those above are 0. */
export function lowBits({ value, mask }: Tnum): Tnum {
  return { value: value & 0xffffffffn, mask: mask & 0xffffffffn };
}

/** Bits 32 to 63 of the first with the low 32 of the second. */
export function withLowBits(high: Tnum, low: Tnum): Tnum {
  const upper = all ^ 0xffffffffn;
  return {
    value: (high.value & upper) | (low.value & 0xffffffffn),
    mask: (high.mask & upper) | (low.mask & 0xffffffffn),
  };
}

/** Whether every number that `inner` stands for is one that `outer` stands for. */
export function coversBits(outer: Tnum, inner: Tnum): boolean {
  return (inner.mask & ~outer.mask) === 0n && (inner.value & ~outer.mask) === outer.value;
}

function bitLength(value: bigint): bigint {
  const high = Number(value >> 32n);
  return BigInt(high > 0 ? 64 - Math.clz32(high) : 32 - Math.clz32(Number(value & 0xffffffffn)));
}
