/**
 * How prepared calls get into the addon: as arrays of numbers.
 *
 * Reading properties of objects natively would run whatever getters they have, in the middle of work on memory. So the
 * objects are flattened here, and the addon sees nothing but numbers, each of which it checks.
 * @module
 */
import type { Bridge, PreparedCall, PreparedCalls } from "./bridge.ts";

/** The addon as it is: the bridge, but for `prepare`. */
export interface Addon extends Omit<Bridge, "prepare"> {
  /**
   * `calls` holds command and attribute size of each, `attrs` all attributes one after the other, `pointers` groups of
   * three: index of the call, offset in its attributes, offset in the shared data.
   */
  readonly prepare: (
    dataSize: number,
    calls: Int32Array,
    attrs: Uint8Array,
    pointers: Int32Array,
  ) => PreparedCalls;
}

/** The bridge over an addon. */
export function bridgeOver(addon: Addon): Bridge {
  return Object.freeze({
    ...addon,
    prepare: (dataSize: number, calls: readonly PreparedCall[]): PreparedCalls =>
      addon.prepare(dataSize, headers(calls), attributes(calls), pointers(calls)),
  });
}

function headers(calls: readonly PreparedCall[]): Int32Array {
  return Int32Array.from(calls.flatMap(({ command, attr }) => [int32(command), attr.length]));
}

function attributes(calls: readonly PreparedCall[]): Uint8Array {
  const bytes = new Uint8Array(calls.reduce((total, { attr }) => total + attr.length, 0));
  let at = 0;
  for (const { attr } of calls) {
    bytes.set(attr, at);
    at += attr.length;
  }
  return bytes;
}

function pointers(calls: readonly PreparedCall[]): Int32Array {
  return Int32Array.from(calls.flatMap((call, index) => pairs(call.pointers, index)));
}

function pairs(offsets: readonly number[], index: number): number[] {
  if (offsets.length % 2 !== 0) {
    throw new RangeError(`prepare: calls[${index}].pointers must be pairs of offsets`);
  }
  const numbers: number[] = [];
  for (let at = 0; at < offsets.length; at += 2) {
    numbers.push(index, int32(offsets[at]), int32(offsets[at + 1]));
  }
  return numbers;
}

// An Int32Array would quietly make another number of what does not fit.
function int32(value: number | undefined): number {
  if (value === undefined || (value | 0) !== value) {
    throw new RangeError(`prepare: ${String(value)} must be an integer of 32 bits`);
  }
  return value;
}
