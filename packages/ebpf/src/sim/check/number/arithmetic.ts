/**
 * What becomes of numbers of which something is known when they are calculated with.
 *
 * Bits and ranges are worked out each by themselves, and then sharpen each other. The rules are those of
 * `adjust_scalar_min_max_vals` of kernel/bpf/verifier.c.
 * @module
 */
import type { AluOperation, Width } from "../../../isa/instruction.ts";
import { type Bounds, full, least, most } from "./bounds.ts";
import { constantScalar, lowHalf, type Scalar, settle, unknownScalar } from "./scalar.ts";
import {
  addBits,
  andBits,
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

/** Result of an operation of the arithmetic. Nothing is known of quotients and remainders, as in the kernel. */
export function arithmetic(op: AluOperation, width: Width, a: Scalar, b: Scalar): Scalar {
  const operation = operations[op];
  const exact = exactResult(op, width, a, b);
  if (exact !== undefined) return exact;
  if (operation === undefined || !isComputable(op, width, b)) return unknownScalar;
  if (width === 64) return operation(a, b, 64);
  return lowHalf(operation(a, b, 32));
}

/** What another number with the same id is, when `known` is known: both differ by what was added to them. */
export function alike(known: Scalar, other: Scalar): Scalar {
  if (known.added === other.added) return known;
  const more = constantScalar((other.added ?? 0n) - (known.added ?? 0n));
  return { ...arithmetic("add", 64, known, more), id: other.id, added: other.added };
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

const anyUnsigned = (width: Width): Pick<Bounds, "umin" | "umax"> => ({
  umin: 0n,
  umax: full[width].umax,
});

const anySigned = (width: Width): Pick<Bounds, "smin" | "smax"> => ({
  smin: full[width].smin,
  smax: full[width].smax,
});
