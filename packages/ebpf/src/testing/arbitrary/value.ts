/**
 * Any value of a layout: keys and values of maps, events, variables.
 * @module
 */
import * as fc from "fast-check";
import { InvalidArgumentError } from "../../base/errors.ts";
import type { AnyLayout, Layout } from "../../layout/layout.ts";
import { encodeValue, parseValue } from "../../layout/value.ts";

/** Any value that lies in memory as `layout` says, and is the same when it is read back. Extremes come up often. */
export function arbitraryValue<T>(layout: Layout<T>): fc.Arbitrary<T> {
  return (valueOf(layout) as fc.Arbitrary<T>).filter((value) => isStorable(layout, value));
}

function valueOf(layout: Layout<unknown>): fc.Arbitrary<unknown> {
  const { kind } = layout;
  if (kind === undefined || !Object.hasOwn(byKind, kind)) return anyBytes(layout);
  return (byKind[kind as AnyLayout["kind"]] as (layout: unknown) => fc.Arbitrary<unknown>)(layout);
}

const byKind: {
  readonly [Kind in AnyLayout["kind"]]: (
    layout: Extract<AnyLayout, { readonly kind: Kind }>,
  ) => fc.Arbitrary<unknown>;
} = {
  integer: ({ bits, signed }) => {
    const min = signed ? -(2n ** BigInt(bits - 1)) : 0n;
    const max = 2n ** BigInt(signed ? bits - 1 : bits) - 1n;
    const whole = fc.oneof(fc.bigInt({ min, max }), fc.constantFrom(min, max, 0n, 1n));
    return bits === 64 ? whole : whole.map(Number);
  },
  bool: () => fc.boolean(),
  chars: ({ size, terminated }) =>
    fc.string({ unit: "grapheme-ascii", maxLength: terminated ? size - 1 : size }),
  bytes: ({ size }) => fc.uint8Array({ minLength: size, maxLength: size }),
  array: ({ element, length }) =>
    fc.array(arbitraryValue(element), { minLength: length, maxLength: length }),
  struct: ({ fields }) => {
    const known = Object.entries(fields).filter(([, { layout }]) => layout.kind !== "opaque");
    const values = known.map(([name, { layout }]) => [name, arbitraryValue(layout)]);
    return fc.record(Object.fromEntries(values), { noNullPrototype: true });
  },
  transform: anyBytes,
  opaque: () => fc.constant(undefined),
};

/** What bytes at random say. Some may say nothing; the others are left. */
function anyBytes(layout: Layout<unknown>): fc.Arbitrary<unknown> {
  return fc
    .uint8Array({ minLength: layout.size, maxLength: layout.size })
    .filter((bytes) => answers(() => parseValue(layout, bytes)))
    .map((bytes) => parseValue(layout, bytes));
}

function isStorable<T>(layout: Layout<T>, value: T): boolean {
  return answers(() => encodeValue(layout, value));
}

/** Whether `ask` gives an answer; values that are none are no reason to fail, everything else is. */
function answers(ask: () => unknown): boolean {
  try {
    ask();
    return true;
  } catch (error) {
    if (error instanceof InvalidArgumentError) return false;
    throw error;
  }
}
