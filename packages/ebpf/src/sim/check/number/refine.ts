/**
 * What a comparison teaches: the ranges of both numbers when it holds.
 *
 * A comparison that does not hold is the opposite one that does. What is learned is laid over what was known; when
 * nothing is left, the branch is never taken. The rules are those of `regs_refine_cond_op` of kernel/bpf/verifier.c.
 * @module
 */
import type { Comparison, Width } from "../../../isa/instruction.ts";
import type { Bounds } from "./bounds.ts";
import { constantOf, isImpossible, type Scalar, settle } from "./scalar.ts";
import { intersectBits, type Tnum } from "./tnum.ts";

/** Both numbers of a comparison. */
export interface Compared {
  readonly a: Scalar;
  readonly b: Scalar;
}

/** What is known of both numbers when `a op b` is `holds`; `undefined` when it cannot be. */
export function refine(
  { op, width }: { readonly op: Comparison; readonly width: Width },
  { a, b }: Compared,
  holds: "holds" | "fails",
): Compared | undefined {
  const relation = holds === "holds" ? op : opposite[op];
  const after = relations[relation](a, b, width);
  const settled = { a: settle(after.a), b: settle(after.b) };
  return isImpossible(settled.a) || isImpossible(settled.b) ? undefined : settled;
}

type Relation = Comparison | "clear";

const opposite: { readonly [Op in Relation]: Relation } = {
  eq: "ne",
  ne: "eq",
  gt: "le",
  le: "gt",
  ge: "lt",
  lt: "ge",
  sgt: "sle",
  sle: "sgt",
  sge: "slt",
  slt: "sge",
  set: "clear",
  clear: "set",
};

const relations: {
  readonly [Op in Relation]: (a: Scalar, b: Scalar, width: Width) => Compared;
} = {
  eq: equal,
  ne: different,
  lt: (a, b, width) => below(a, b, width, 1n),
  le: (a, b, width) => below(a, b, width, 0n),
  gt: (a, b, width) => turned(below(b, a, width, 1n)),
  ge: (a, b, width) => turned(below(b, a, width, 0n)),
  slt: (a, b, width) => belowSigned(a, b, width, 1n),
  sle: (a, b, width) => belowSigned(a, b, width, 0n),
  sgt: (a, b, width) => turned(belowSigned(b, a, width, 1n)),
  sge: (a, b, width) => turned(belowSigned(b, a, width, 0n)),
  set: someCommon,
  clear: noneCommon,
};

function turned({ a, b }: Compared): Compared {
  return { a: b, b: a };
}

function below(a: Scalar, b: Scalar, width: Width, gap: bigint): Compared {
  return {
    a: limited(a, width, { umax: boundsOf(b, width).umax - gap }),
    b: limited(b, width, { umin: boundsOf(a, width).umin + gap }),
  };
}

function belowSigned(a: Scalar, b: Scalar, width: Width, gap: bigint): Compared {
  return {
    a: limited(a, width, { smax: boundsOf(b, width).smax - gap }),
    b: limited(b, width, { smin: boundsOf(a, width).smin + gap }),
  };
}

function equal(a: Scalar, b: Scalar, width: Width): Compared {
  const known = {
    a: limited(a, width, boundsOf(b, width)),
    b: limited(b, width, boundsOf(a, width)),
  };
  const of = (it: Scalar): Tnum => (width === 64 ? it.bits : lowKnown(it.bits));
  return {
    a: { ...known.a, bits: intersectBits(a.bits, of(b)) },
    b: { ...known.b, bits: intersectBits(b.bits, of(a)) },
  };
}

function different(a: Scalar, b: Scalar, width: Width): Compared {
  return { a: without(a, b, width), b: without(b, a, width) };
}

/** Being unequal takes a number away only from an end of a range. */
function without(from: Scalar, other: Scalar, width: Width): Scalar {
  const value = boundsOf(other, width);
  if (value.umin !== value.umax) return from;
  const { umin, umax, smin, smax } = boundsOf(from, width);
  return limited(from, width, {
    umin: umin === value.umin ? umin + 1n : umin,
    umax: umax === value.umin ? umax - 1n : umax,
    smin: smin === value.smin ? smin + 1n : smin,
    smax: smax === value.smin ? smax - 1n : smax,
  });
}

function someCommon(a: Scalar, b: Scalar, width: Width): Compared {
  const mask = maskOf(b, width);
  if (mask === undefined) return { a, b };
  if (((a.bits.value | a.bits.mask) & mask) === 0n) return { a: limited(a, width, never), b };
  if ((mask & (mask - 1n)) !== 0n) return { a, b };
  return { a: { ...a, bits: { value: a.bits.value | mask, mask: a.bits.mask & ~mask } }, b };
}

function noneCommon(a: Scalar, b: Scalar, width: Width): Compared {
  const mask = maskOf(b, width);
  if (mask === undefined) return { a, b };
  if ((a.bits.value & mask) !== 0n) return { a: limited(a, width, never), b };
  return { a: { ...a, bits: { value: a.bits.value, mask: a.bits.mask & ~mask } }, b };
}

const never = { umin: 1n, umax: 0n };

function maskOf(scalar: Scalar, width: Width): bigint | undefined {
  if (width === 64) return constantOf(scalar);
  return scalar.low.umin === scalar.low.umax ? scalar.low.umin : undefined;
}

function boundsOf(scalar: Scalar, width: Width): Bounds {
  return width === 64 ? scalar.wide : scalar.low;
}

function limited(scalar: Scalar, width: Width, limits: Partial<Bounds>): Scalar {
  const old = boundsOf(scalar, width);
  const bounds: Bounds = {
    umin: most(old.umin, limits.umin),
    umax: least(old.umax, limits.umax),
    smin: most(old.smin, limits.smin),
    smax: least(old.smax, limits.smax),
  };
  return width === 64 ? { ...scalar, wide: bounds } : { ...scalar, low: bounds };
}

function lowKnown({ value, mask }: Tnum): Tnum {
  return { value: value & 0xffffffffn, mask: mask | 0xffffffff00000000n };
}

const least = (a: bigint, b: bigint | undefined): bigint => (b === undefined || a < b ? a : b);
const most = (a: bigint, b: bigint | undefined): bigint => (b === undefined || a > b ? a : b);
