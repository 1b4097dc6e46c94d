/**
 * Numbers with names.
 *
 * A number that has a name reads as the name, any other as the number itself: kernels newer than the program bring
 * new values, and reading them is not an error.
 * @module
 */
import { isObject } from "../base/checks.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import { didYouMean } from "../base/text.ts";
import { assertLayout } from "./assert-layout.ts";
import type { IntegerLayout, TransformLayout } from "./layout.ts";
import { unexpected, within } from "./value-error.ts";

/** An integer of which some values have names. */
export interface EnumerationLayout<Name extends string> extends TransformLayout<Name | number> {
  readonly inner: IntegerLayout<number>;
  readonly values: Readonly<Record<Name, number>>;
}

/**
 * An integer read as a name where it has one: `enumeration(u32, { DROP: 1, PASS: 2 })`. Of two names for one value the
 * first is read. Both names and numbers can be written.
 * @throws {InvalidArgumentError} when a value does not fit the integer, or there are no names.
 */
export function enumeration<Name extends string>(
  inner: IntegerLayout<number>,
  values: Readonly<Record<Name, number>>,
): EnumerationLayout<Name> {
  const numbers = namedNumbers("enumeration", inner, values);
  const names = new Map([...numbers].toReversed().map(([name, number]) => [number, name]));
  return Object.freeze<EnumerationLayout<Name>>({
    kind: "transform",
    name: `${inner.name} enumeration`,
    size: inner.size,
    alignment: inner.alignment,
    inner,
    values: Object.freeze({ ...values }),
    read: (view, offset) => {
      const number = inner.read(view, offset);
      return names.get(number) ?? number;
    },
    write: (view, offset, value) => inner.write(view, offset, numberOf(value, numbers)),
  });
}

/**
 * The number of each name, checked against the integer that will hold it.
 * @throws {InvalidArgumentError} when one does not fit, or there are none.
 */
export function namedNumbers<Name extends string>(
  what: string,
  inner: IntegerLayout<number>,
  values: Readonly<Record<Name, number>>,
): ReadonlyMap<Name, number> {
  assertLayout(inner, `the integer of ${what === "flags" ? "flags" : `an ${what}`}`);
  isObject(values, `${what}: the names`);
  const entries = Object.entries(values) as [Name, number][];
  if (entries.length === 0) throw new InvalidArgumentError(`${what}: there are no names`);
  const scratch = new DataView(new ArrayBuffer(inner.size));
  for (const [name, number] of entries) {
    try {
      inner.write(scratch, 0, number);
    } catch (error) {
      throw within(error, name, what);
    }
  }
  return new Map(entries);
}

/**
 * The number that `value`, a name or a number, stands for.
 * @throws {InvalidArgumentError} when there is no such name.
 */
export function numberOf<Name extends string>(
  value: Name | number,
  numbers: ReadonlyMap<Name, number>,
): number {
  if (typeof value === "number") return value;
  const number = numbers.get(value);
  if (number !== undefined) return number;
  const hint = typeof value === "string" ? didYouMean(value, numbers.keys()) : undefined;
  throw unexpected(value, namesIn(numbers), hint === undefined ? {} : { hint });
}

const mostListed = 8;

function namesIn(numbers: ReadonlyMap<string, number>): string {
  const listed = [...numbers.keys()].slice(0, mostListed).join(", ");
  return `one of ${listed}${numbers.size > mostListed ? ", …" : ""} or a number`;
}
