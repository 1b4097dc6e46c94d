/**
 * Sets of named bits.
 *
 * Reading takes away one named mask after the other, in the order they were given, and what is left over without a
 * name comes last as a number: so nothing is lost, and writing what was read stores the same bits.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";
import { namedNumbers, numberOf } from "./enumeration.ts";
import type { IntegerLayout, TransformLayout } from "./layout.ts";
import { unexpected, within } from "./value-error.ts";

/** An unsigned integer of which bits have names. */
export interface FlagsLayout<Name extends string> extends TransformLayout<
  readonly (Name | number)[]
> {
  readonly inner: IntegerLayout<number>;
  readonly masks: Readonly<Record<Name, number>>;
}

/**
 * An unsigned integer read as the names of the bits that are set: `flags(u8, { FIN: 1, SYN: 2 })`. A mask of several
 * bits counts when all of them are set; put it before the masks it contains. Reading makes an array.
 * @throws {InvalidArgumentError} when a mask is zero or does not fit, the integer is signed, or there are no names.
 */
export function flags<Name extends string>(
  inner: IntegerLayout<number>,
  masks: Readonly<Record<Name, number>>,
): FlagsLayout<Name> {
  const numbers = namedNumbers("flags", inner, masks);
  if (inner.signed) throw new InvalidArgumentError(`flags: ${inner.name} is signed`);
  for (const [name, mask] of numbers)
    if (mask === 0) throw new InvalidArgumentError(`flags: ${name} is 0, which is no bit`);
  return Object.freeze<FlagsLayout<Name>>({
    kind: "transform",
    name: `${inner.name} flags`,
    size: inner.size,
    alignment: inner.alignment,
    inner,
    masks: Object.freeze({ ...masks }),
    read: (view, offset) => split(inner.read(view, offset), numbers),
    write: (view, offset, value) => inner.write(view, offset, join(value, inner, numbers)),
  });
}

function split<Name extends string>(
  bits: number,
  masks: ReadonlyMap<Name, number>,
): readonly (Name | number)[] {
  const found: (Name | number)[] = [];
  let left = bits;
  for (const [name, mask] of masks) {
    if ((left & mask) >>> 0 !== mask) continue;
    found.push(name);
    left = (left & ~mask) >>> 0;
  }
  return left === 0 ? found : [...found, left];
}

function join<Name extends string>(
  value: readonly (Name | number)[],
  inner: IntegerLayout<number>,
  masks: ReadonlyMap<Name, number>,
): number {
  if (!Array.isArray(value)) throw unexpected(value, `${inner.name} flags (an array of names)`);
  const scratch = new DataView(new ArrayBuffer(inner.size));
  let bits = 0;
  for (const [index, flag] of value.entries()) {
    try {
      const mask = numberOf<Name>(flag, masks);
      // Checks the range: the operators below would cut a number to 32 bits.
      inner.write(scratch, 0, mask);
      bits = (bits | mask) >>> 0;
    } catch (error) {
      throw within(error, index);
    }
  }
  return bits;
}
