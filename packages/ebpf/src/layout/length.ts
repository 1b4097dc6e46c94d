/**
 * What can be put into arrays and structs.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";
import { kindOf } from "../base/given.ts";
import { show } from "./value-error.ts";
import type { Layout } from "./layout.ts";

/** Largest size of a layout in bytes; keeps offsets in 31 bits, where they are cheap. */
const maxSize = 2 ** 30;

/**
 * `length` itself, when an array can have that many elements of `elementSize` bytes.
 * @throws {InvalidArgumentError} when it cannot.
 */
export function checkLength(what: string, length: number, elementSize = 1): number {
  if (!Number.isInteger(length) || length < 1)
    throw new InvalidArgumentError(
      `${what}: the length must be a whole number from 1 up, got ${show(length)}`,
    );
  checkSize(what, length * elementSize);
  return length;
}

/**
 * `size` itself, in bytes, when a layout can be that large.
 * @throws {InvalidArgumentError} when it cannot.
 */
export function checkSize(what: string, size: number): number {
  if (size <= maxSize) return size;
  throw new InvalidArgumentError(`${what}: ${size} bytes are too many, the most is ${maxSize}`);
}

/**
 * Checks that values of `layout` can lie one behind the other.
 * @throws {InvalidArgumentError} when the size is not a multiple of the alignment, or the alignment no power of two.
 */
export function checkPlaceable(what: string, layout: Layout<unknown>): void {
  if (layout === null || (typeof layout !== "object" && typeof layout !== "function")) {
    throw new InvalidArgumentError(`${what} is ${kindOf(layout)}, not a layout`, {
      hint: 'give u32, chars(16), struct("…", { … }) and the like',
    });
  }
  const { name, size, alignment } = layout;
  if (isPowerOfTwo(alignment) && Number.isInteger(size) && size > 0 && size % alignment === 0)
    return;
  throw new InvalidArgumentError(`${what}: ${name} has size ${size} and alignment ${alignment}`, {
    hint: "the alignment must be a power of two, and the size a multiple of it above zero",
  });
}

function isPowerOfTwo(value: number): boolean {
  return Number.isInteger(value) && value > 0 && (value & (value - 1)) === 0;
}
