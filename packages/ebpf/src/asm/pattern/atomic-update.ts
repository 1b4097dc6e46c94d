/**
 * Counters and flags in memory that several CPUs share.
 *
 * Each needs a register that it may overwrite, because atomics take their operand from one.
 * @module
 */
import { InvalidArgumentError } from "../../base/errors.ts";
import type { Register } from "../../isa/register.ts";
import { mov } from "../alu.ts";
import type { Item } from "../assemble.ts";
import { atomicAdd, atomicFetchAdd, atomicFetchOr, atomicOr } from "../atomic.ts";
import { placeOf, type PlaceLike } from "../place.ts";
import { loadImm64 } from "../wide.ts";

/** Adds `amount`, 1 when left out, to the `u64` at `place`; overwrites `scratch`. */
export function increment(place: PlaceLike, scratch: Register, amount = 1): Item {
  const { base, offset } = placeOf(place);
  return [mov(scratch, amount), atomicAdd("u64", base, offset, scratch)];
}

/** `dst =` the `u64` at `place`, which grows by 1: every taker gets another number. Minimum kernel 5.12. */
export function takeNumber(dst: Register, place: PlaceLike): Item {
  const { base, offset } = placeOf(place);
  return [mov(dst, 1), atomicFetchAdd("u64", base, offset, dst)];
}

/** Sets bit `bit`, 0 to 63, of the `u64` at `place`; overwrites `scratch`. Minimum kernel 5.12. */
export function setBit(place: PlaceLike, bit: number, scratch: Register): Item {
  const { base, offset } = placeOf(place);
  return [loadBit(scratch, bit), atomicOr("u64", base, offset, scratch)];
}

/** Sets bit `bit` of the `u64` at `place`; `dst` becomes what was there before. Minimum kernel 5.12. */
export function fetchSetBit(dst: Register, place: PlaceLike, bit: number): Item {
  const { base, offset } = placeOf(place);
  return [loadBit(dst, bit), atomicFetchOr("u64", base, offset, dst)];
}

function loadBit(dst: Register, bit: number): Item {
  if (!Number.isInteger(bit) || bit < 0 || bit > 63) {
    throw new InvalidArgumentError(`a u64 has no bit ${bit}`, { hint: "bits are 0 to 63" });
  }
  return bit < 31 ? mov(dst, 2 ** bit) : loadImm64(dst, 1n << BigInt(bit));
}
