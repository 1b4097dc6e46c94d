/**
 * What is known of a number in a register: its bits, and its ranges as 64 and 32 bits, with signs and without.
 *
 * Five pieces of knowledge are about the same number, and each sharpens the others; `settle` lets them do so. What
 * must be kept are the rules of kernel/bpf/verifier.c (`reg_bounds_sync`, `adjust_scalar_min_max_vals`). Where a number
 * came from and which others equal it is known by its `id` only.
 * @module
 */
import { type Origin, originFrom } from "./origin.ts";
import {
  addBits,
  andBits,
  bitsOfRange,
  coversBits,
  intersectBits,
  knownBits,
  lowBits,
  mulBits,
  orBits,
  shiftLeft,
  shiftRight,
  shiftRightSigned,
  subBits,
  type Tnum,
  unknownBits,
  withLowBits,
  xorBits,
} from "./tnum.ts";
import type { AluOperation, SwapOrder, Width } from "../../isa/instruction.ts";

/** Least and greatest value, without and with sign; all inclusive. */
export interface Bounds {
  readonly umin: bigint;
  readonly umax: bigint;
  readonly smin: bigint;
  readonly smax: bigint;
}

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

const full = { 32: fullBounds(32), 64: fullBounds(64) } as const;

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

/** What another number with the same id is, when `known` is known: both differ by what was added to them. */
export function alike(known: Scalar, other: Scalar): Scalar {
  if (known.added === other.added) return known;
  const more = constantScalar((other.added ?? 0n) - (known.added ?? 0n));
  return { ...arithmetic("add", 64, known, more), id: other.id, added: other.added };
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

/** Whether a number lies within the ranges. */
function contains(wide: Bounds, low: Bounds, value: bigint): boolean {
  return within(wide, exactly(value, 64)) && within(low, exactly(value, 32));
}

/** The low 32 bits of the number; those above are 0. */
export function lowHalf(scalar: Scalar): Scalar {
  const { umin, umax } = scalar.low;
  const wide = { umin, umax, smin: umin, smax: umax };
  return settle({ ...scalar, bits: lowBits(scalar.bits), wide, id: 0, added: undefined });
}

/** The low `size` bytes, the rest being 0. */
export function truncated(scalar: Scalar, size: number): Scalar {
  if (size >= 8) return scalar;
  const mask = (1n << BigInt(size * 8)) - 1n;
  if (scalar.wide.umax <= mask) return scalar;
  const low = size === 4 ? lowHalf(scalar) : arithmetic("and", 64, scalar, constantScalar(mask));
  return { ...low, origin: originFrom(scalar.origin) };
}

/** The low `bits` as a signed number, in a register of `width` bits. */
export function signExtended(scalar: Scalar, bits: 8 | 16 | 32, width: Width): Scalar {
  const half = 1n << BigInt(bits - 1);
  const { smin, smax } = width === 32 ? scalar.low : scalar.wide;
  const least = BigInt.asIntN(bits, smin);
  const most = BigInt.asIntN(bits, smax);
  const above = BigInt(bits);
  const keeps = smin >> above === smax >> above && least < 0n === most < 0n;
  const extended = keeps ? rangeScalar(least, most) : rangeScalar(-half, half - 1n);
  if (keeps && smin >= 0n && smax < half) return width === 32 ? lowHalf(scalar) : scalar;
  const value = constantOf(scalar);
  const exact = value === undefined ? extended : constantScalar(BigInt.asIntN(bits, value));
  return width === 32 ? lowHalf(exact) : exact;
}

/** The low `bits` in the other order of bytes, or, as in `le16`, in the same: only single bits are known of it then. */
export function byteSwapped(
  scalar: Scalar,
  { order, bits }: { readonly order: SwapOrder; readonly bits: 16 | 32 | 64 },
): Scalar {
  const { value, mask } = scalar.bits;
  const turned = (part: bigint): bigint => {
    const cut = BigInt.asUintN(bits, part);
    return order === "le" ? cut : reversed(cut, bits / 8);
  };
  return settle({ ...unknownScalar, bits: { value: turned(value), mask: turned(mask) } });
}

function reversed(value: bigint, bytes: number): bigint {
  let result = 0n;
  for (let byte = 0, rest = value; byte < bytes; byte++, rest >>= 8n)
    result = (result << 8n) | (rest & 0xffn);
  return result;
}

/** Result of an operation of the arithmetic. Nothing is known of quotients and remainders, as in the kernel. */
export function arithmetic(op: AluOperation, width: Width, a: Scalar, b: Scalar): Scalar {
  const operation = operations[op];
  const exact = exactResult(op, width, a, b);
  if (exact !== undefined) return exact;
  if (operation === undefined || !isComputable(op, width, b)) return unknownScalar;
  if (width === 64) return operation(a, b, 64);
  return lowHalf(operation(a, b, 32));
}

/** Shifts by what is not known, or is too great, give anything, also above: `is_safe_to_compute_dst_reg_range`. */
function isComputable(op: AluOperation, width: Width, by: Scalar): boolean {
  if (op !== "lsh" && op !== "rsh" && op !== "arsh") return true;
  const { umin, umax } = width === 32 ? by.low : by.wide;
  return umin === umax && by.wide.umax < BigInt(width);
}

type Operation = (a: Scalar, b: Scalar, width: Width) => Scalar;

/** The result where both numbers are known, as long as the kernel works it out, too. */
function exactResult(op: AluOperation, width: Width, a: Scalar, b: Scalar): Scalar | undefined {
  if (a.bits.mask !== 0n || b.bits.mask !== 0n) return undefined;
  const calculation = exactly64[op];
  if (calculation === undefined) return undefined;
  const [x, y] = [BigInt.asUintN(width, a.bits.value), BigInt.asUintN(width, b.bits.value)];
  return constantScalar(BigInt.asUintN(width, calculation(x, y)));
}

const exactly64: Partial<Record<AluOperation, (a: bigint, b: bigint) => bigint>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  and: (a, b) => a & b,
  or: (a, b) => a | b,
  xor: (a, b) => a ^ b,
};

const operations: Partial<Record<AluOperation, Operation>> = {
  add: (a, b) => ({ ...combined(a, b, addBits, addBounds) }),
  sub: (a, b) => combined(a, b, subBits, subBounds),
  mul: (a, b) => combined(a, b, mulBits, mulBounds),
  and: (a, b) => combined(a, b, andBits, andBounds),
  or: (a, b) => combined(a, b, orBits, orBounds),
  xor: (a, b) => combined(a, b, xorBits, (_a, _b, width) => full[width]),
  mov: (_a, b) => b,
  lsh: (a, b, width) => shifted(a, b, width, shiftedLeft),
  rsh: (a, b, width) => shifted(a, b, width, shiftedRight),
  arsh: (a, b, width) => shifted(a, b, width, shiftedRightSigned),
};

type OnBounds = (a: Bounds, b: Bounds, width: Width) => Bounds;

/** Low bits of these results depend on low bits only, so that both widths are worked out each by itself. */
function combined(
  a: Scalar,
  b: Scalar,
  onBits: (a: Tnum, b: Tnum) => Tnum,
  onBounds: OnBounds,
): Scalar {
  return settle({
    kind: "scalar",
    bits: onBits(a.bits, b.bits),
    wide: onBounds(a.wide, b.wide, 64),
    low: onBounds(a.low, b.low, 32),
    id: 0,
  });
}

function addBounds(a: Bounds, b: Bounds, width: Width): Bounds {
  return {
    ...unsigned(a.umin + b.umin, a.umax + b.umax, width),
    ...signed(a.smin + b.smin, a.smax + b.smax, width),
  };
}

function subBounds(a: Bounds, b: Bounds, width: Width): Bounds {
  return {
    ...unsigned(a.umin - b.umax, a.umax - b.umin, width),
    ...signed(a.smin - b.smax, a.smax - b.smin, width),
  };
}

function mulBounds(a: Bounds, b: Bounds, width: Width): Bounds {
  const corners = [a.smin * b.smin, a.smin * b.smax, a.smax * b.smin, a.smax * b.smax];
  const smin = corners.reduce(least);
  const smax = corners.reduce(most);
  const product = a.umax * b.umax;
  return {
    ...(product <= full[width].umax
      ? { umin: a.umin * b.umin, umax: product }
      : anyUnsigned(width)),
    ...(smin >= full[width].smin && smax <= full[width].smax ? { smin, smax } : anySigned(width)),
  };
}

function andBounds(a: Bounds, b: Bounds, width: Width): Bounds {
  return { ...full[width], umax: least(a.umax, b.umax) };
}

function orBounds(a: Bounds, b: Bounds, width: Width): Bounds {
  return { ...full[width], umin: most(a.umin, b.umin) };
}

/** Bounds from true sums; where both ends leave the range on the same side, both wrap. */
function unsigned(min: bigint, max: bigint, width: Width): Pick<Bounds, "umin" | "umax"> {
  const size = 1n << BigInt(width);
  if (min >= 0n && max < size) return { umin: min, umax: max };
  if (min >= size && max < 2n * size) return { umin: min - size, umax: max - size };
  if (min >= -size && max < 0n) return { umin: min + size, umax: max + size };
  return anyUnsigned(width);
}

function signed(min: bigint, max: bigint, width: Width): Pick<Bounds, "smin" | "smax"> {
  const half = 1n << BigInt(width - 1);
  if (min >= -half && max < half) return { smin: min, smax: max };
  if (min >= half) return { smin: min - 2n * half, smax: max - 2n * half };
  if (max < -half) return { smin: min + 2n * half, smax: max + 2n * half };
  return anySigned(width);
}

type Shift = (a: Scalar, bits: bigint, width: Width) => Scalar;

/** By a number of bits that is known. */
function shifted(a: Scalar, b: Scalar, width: Width, shift: Shift): Scalar {
  return shift(a, (width === 32 ? b.low : b.wide).umax, width);
}

function shiftedLeft(a: Scalar, by: bigint, width: Width): Scalar {
  const move = (bounds: Bounds, size: Width): Bounds =>
    bounds.umax << by <= full[size].umax
      ? { ...full[size], umin: bounds.umin << by, umax: bounds.umax << by }
      : full[size];
  const moved = width === 64 ? move(a.wide, 64) : full[64];
  // Numbers of 32 bits are given their sign by moving them up and down again.
  const signedHalf = { smin: a.low.smin << 32n, smax: a.low.smax << 32n };
  const wide = width === 64 && by === 32n ? { ...moved, ...signedHalf } : moved;
  const low = by < 32n ? move(a.low, 32) : full[32];
  return settle({ kind: "scalar", bits: shiftLeft(a.bits, by), wide, low, id: 0 });
}

function shiftedRight(a: Scalar, by: bigint, width: Width): Scalar {
  const bits = shiftRight(width === 32 ? lowBits(a.bits) : a.bits, by);
  const { umin, umax } = width === 32 ? a.low : a.wide;
  const wide = { ...full[64], umin: umin >> by, umax: umax >> by };
  return settle({ kind: "scalar", bits, wide, low: full[32], id: 0 });
}

function shiftedRightSigned(a: Scalar, by: bigint, width: Width): Scalar {
  const source = width === 32 ? lowBits(a.bits) : a.bits;
  const bits = shiftRightSigned(source, by, width);
  const { smin, smax } = width === 32 ? a.low : a.wide;
  const moved = { ...full[width], smin: smin >> by, smax: smax >> by };
  const known =
    width === 32
      ? { bits: withLowBits(unknownBits, bits), low: moved, wide: full[64] }
      : { bits, low: full[32], wide: moved };
  return settle({ kind: "scalar", id: 0, ...known });
}

function fromBits(bounds: Bounds, { value, mask }: Tnum, width: Width): Bounds {
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
function sharpen(bounds: Bounds, width: Width): Bounds {
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

function lowFromWide(low: Bounds, wide: Bounds): Bounds {
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

function wideFromLow(wide: Bounds, low: Bounds): Bounds {
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

function within(outer: Bounds, inner: Bounds): boolean {
  return (
    outer.umin <= inner.umin &&
    outer.umax >= inner.umax &&
    outer.smin <= inner.smin &&
    outer.smax >= inner.smax
  );
}

function exactly(value: bigint, width: Width): Bounds {
  const umin = BigInt.asUintN(width, value);
  const smin = BigInt.asIntN(width, value);
  return { umin, umax: umin, smin, smax: smin };
}

function fullBounds(width: Width): Bounds {
  const half = 1n << BigInt(width - 1);
  return { umin: 0n, umax: 2n * half - 1n, smin: -half, smax: half - 1n };
}

const anyUnsigned = (width: Width): Pick<Bounds, "umin" | "umax"> => ({
  umin: 0n,
  umax: full[width].umax,
});
const anySigned = (width: Width): Pick<Bounds, "smin" | "smax"> => ({
  smin: full[width].smin,
  smax: full[width].smax,
});
const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const most = (a: bigint, b: bigint): bigint => (a > b ? a : b);
