/**
 * Parts of numbers: their low bytes, with a sign or without, and in the other order.
 * @module
 */
import type { SwapOrder, Width } from "../../../isa/instruction.ts";
import { arithmetic } from "./arithmetic.ts";
import { originFrom } from "./origin.ts";
import {
  constantOf,
  constantScalar,
  rangeScalar,
  type Scalar,
  settle,
  unknownScalar,
  lowHalf,
} from "./scalar.ts";

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
