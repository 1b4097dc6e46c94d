/**
 * Ranges of a number, without and with sign, and what each says about the others.
 *
 * A number of 64 bits has two pairs of ends, and its low half has two more; knowledge of one moves the ends of another.
 * The rules are those of `reg_bounds_sync` of kernel/bpf/verifier.c.
 * @module
 */
import type { Width } from "../../../isa/instruction.ts";
import type { Tnum } from "./tnum.ts";

/** Least and greatest value, without and with sign; all inclusive. */
export interface Bounds {
  readonly umin: bigint;
  readonly umax: bigint;
  readonly smin: bigint;
  readonly smax: bigint;
}

/** Any number of a width. */
export const full: { readonly [W in Width]: Bounds } = { 32: fullBounds(32), 64: fullBounds(64) };

/** One number, of which the low `width` bits count. */
export function exactly(value: bigint, width: Width): Bounds {
  const umin = BigInt.asUintN(width, value);
  const smin = BigInt.asIntN(width, value);
  return { umin, umax: umin, smin, smax: smin };
}

/** Whether each end of `inner` lies between those of `outer`. */
export function within(outer: Bounds, inner: Bounds): boolean {
  return (
    outer.umin <= inner.umin &&
    outer.umax >= inner.umax &&
    outer.smin <= inner.smin &&
    outer.smax >= inner.smax
  );
}

/** Narrowed to what bits that are known leave. */
export function fromBits(bounds: Bounds, { value, mask }: Tnum, width: Width): Bounds {
  const sign = 1n << BigInt(width - 1);
  const top = value | mask;
  const lowest = BigInt.asIntN(width, value | (mask & sign));
  const highest = BigInt.asIntN(width, value | (mask & ~sign));
  return {
    umin: most(bounds.umin, value),
    umax: least(bounds.umax, top),
    smin: most(bounds.smin, lowest),
    smax: least(bounds.smax, highest),
  };
}

/** Ranges that do not cross the place where the sign changes are the same with sign and without. */
export function sharpen(bounds: Bounds, width: Width): Bounds {
  let { umin, umax, smin, smax } = bounds;
  const half = 1n << BigInt(width - 1);
  if (umin < half === umax < half && umin <= umax) {
    smin = most(smin, BigInt.asIntN(width, umin));
    smax = least(smax, BigInt.asIntN(width, umax));
  }
  if (smin < 0n === smax < 0n && smin <= smax) {
    umin = most(umin, BigInt.asUintN(width, smin));
    umax = least(umax, BigInt.asUintN(width, smax));
  } else if (umax < BigInt.asUintN(width, smin)) {
    smin = most(smin, umin);
    umax = least(umax, smax);
  } else if (smax >= 0n && smax < umin) {
    smax = least(smax, BigInt.asIntN(width, umax));
    umin = most(umin, BigInt.asUintN(width, smin));
  }
  return { umin, umax, smin, smax };
}

/** The low half, narrowed to what the whole number says of it. */
export function lowFromWide(low: Bounds, wide: Bounds): Bounds {
  let { umin, umax, smin, smax } = low;
  if (wide.umin >> 32n === wide.umax >> 32n) {
    umin = most(umin, wide.umin & 0xffffffffn);
    umax = least(umax, wide.umax & 0xffffffffn);
  }
  if (wide.smin >> 32n === wide.smax >> 32n) {
    umin = most(umin, wide.smin & 0xffffffffn);
    umax = least(umax, wide.smax & 0xffffffffn);
  }
  if (keepsOrder(wide.umin, wide.umax)) {
    smin = most(smin, BigInt.asIntN(32, wide.umin));
    smax = least(smax, BigInt.asIntN(32, wide.umax));
  }
  if (keepsOrder(wide.smin, wide.smax)) {
    smin = most(smin, BigInt.asIntN(32, wide.smin));
    smax = least(smax, BigInt.asIntN(32, wide.smax));
  }
  return sharpen({ umin, umax, smin, smax }, 32);
}

/** Whether the low halves of the numbers of a range, with sign, go up from one end to the other. */
function keepsOrder(from: bigint, to: bigint): boolean {
  const gap = (to >> 32n) - (from >> 32n);
  if (gap !== 0n && gap !== 1n) return false;
  const [lower, upper] = [BigInt.asIntN(32, from), BigInt.asIntN(32, to)];
  return gap === 0n ? lower <= upper : lower < 0n && upper >= 0n;
}

/** The whole number, narrowed to what its low half says of it. */
export function wideFromLow(wide: Bounds, low: Bounds): Bounds {
  let { umin, umax, smin, smax } = wide;
  umin = most(umin, ((umin >> 32n) << 32n) | low.umin);
  umax = least(umax, ((umax >> 32n) << 32n) | low.umax);
  smin = most(smin, ((smin >> 32n) << 32n) | low.umin);
  smax = least(smax, ((smax >> 32n) << 32n) | low.umax);
  if (smin >= full[32].smin && smax <= full[32].smax) {
    smin = most(smin, low.smin);
    smax = least(smax, low.smax);
  }
  return sharpen({ umin, umax, smin, smax }, 64);
}

function fullBounds(width: Width): Bounds {
  const half = 1n << BigInt(width - 1);
  return { umin: 0n, umax: 2n * half - 1n, smin: -half, smax: half - 1n };
}

/** The smaller of two. */
export const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);

/** The greater of two. */
export const most = (a: bigint, b: bigint): bigint => (a > b ? a : b);
