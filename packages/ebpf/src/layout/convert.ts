/**
 * Conversions between integers, as C makes them: what does not fit is cut off, nothing is refused.
 *
 * Numbers are whole in kernel programs, so a fraction means that a division was meant in whole numbers; like the
 * machine, dividing by zero gives zero. A conversion knows nothing of the network's order of bytes: it keeps the bits.
 * @module
 */
import { addressOf } from "./address-of.ts";
import { unexpected } from "./value-error.ts";

/** What can be made an integer: numbers, truth values (1 and 0), and objects, which have addresses. */
export type Convertible = number | bigint | boolean | object;

/** A layout that converts when it is called: `u32(value)`. */
export type Conversion<T extends number | bigint> = (value: Convertible) => T;

/** Converts to an integer of at most 32 bits. */
export function toSmall(bits: 8 | 16 | 32, signed: boolean): Conversion<number> {
  const unused = 32 - bits;
  if (signed) return (value) => (lowWord(value) << unused) >> unused;
  return (value) => (lowWord(value) << unused) >>> unused;
}

/** Converts to an integer of 64 bits. */
export function toBig(signed: boolean): Conversion<bigint> {
  if (signed) return (value) => BigInt.asIntN(64, wholeOf(value));
  return (value) => BigInt.asUintN(64, wholeOf(value));
}

/** The low 32 bits, with or without sign. */
function lowWord(value: Convertible): number {
  return typeof value === "number" ? value | 0 : Number(BigInt.asIntN(32, wholeOf(value)));
}

/** The integer itself, not cut. */
function wholeOf(value: Convertible): bigint {
  if (typeof value === "bigint") return value;
  if (typeof value === "number") return Number.isFinite(value) ? BigInt(Math.trunc(value)) : 0n;
  if (typeof value === "boolean") return value ? 1n : 0n;
  if (typeof value === "object" && value !== null) return addressOf(value);
  throw unexpected(value, "a number, a bigint, a boolean or an object with an address");
}
