/**
 * Counters: 64 bits in memory, a plain number in TypeScript.
 *
 * A double holds every whole number below 2^53, and two reads of 32 bits cost a fraction of making a `bigint`.
 * Larger numbers are refused in both directions, never rounded.
 * @module
 */
import { littleEndian as machineIsLittleEndian } from "../base/bytes.ts";
import { MalformedError } from "../base/errors.ts";
import { callable } from "./callable.ts";
import type { Conversion, Convertible } from "./convert.ts";
import { u64 } from "./integer.ts";
import type { TransformLayout } from "./layout.ts";
import { unexpected } from "./value-error.ts";

/** A constant of this module: the engine folds it, while it would load an imported one at every use. */
const littleEndian = machineIsLittleEndian;

const lowWord = littleEndian ? 0 : 4;
const highWord = 4 - lowWord;
const wordRange = 2 ** 32;
const highWordMax = 2 ** (53 - 32) - 1;

/** A layout of numbers that also converts. */
export interface CallableTransform extends TransformLayout<number> {
  (value: Convertible): number;
}

/**
 * `__u64` as a `number`, for what stays below 2^53: counters, sizes, nanoseconds since boot (for the first 104 days).
 * Reading throws a {@link MalformedError} where memory holds more. `u53(value)` is the `u64` of it as a `number`.
 */
export const u53: CallableTransform = callable<Conversion<number>, TransformLayout<number>>(
  (value) => Number(u64(value)),
  {
    kind: "transform",
    name: "u53",
    size: u64.size,
    alignment: u64.alignment,
    inner: u64,
    read: (view, offset) => {
      const low = view.getUint32(offset + lowWord, littleEndian);
      const high = view.getUint32(offset + highWord, littleEndian);
      if (high === 0) return low; // most counters, and integer arithmetic all the way
      if (high > highWordMax) throw tooLarge(u64.read(view, offset), offset);
      return high * wordRange + low;
    },
    write: (view, offset, value) => {
      if (!Number.isSafeInteger(value) || value < 0)
        throw unexpected(value, `u53 (an integer from 0 to ${Number.MAX_SAFE_INTEGER})`);
      view.setUint32(offset + highWord, Math.floor(value / wordRange), littleEndian);
      view.setUint32(offset + lowWord, value >>> 0, littleEndian);
    },
  },
);

function tooLarge(stored: bigint, offset: number): MalformedError {
  return new MalformedError("VALUE", `${stored} is too large for a u53`, {
    offset,
    hint: "use u64, which reads a bigint",
  });
}
