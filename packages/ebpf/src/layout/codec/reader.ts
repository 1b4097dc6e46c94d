/**
 * Source of readers: each layout becomes an expression.
 *
 * Numbers are read in place and structs are object literals, nested ones included, so reading a struct makes one object
 * for each struct in it and nothing for its numbers. Arrays get a loop of their own; the rest is a call.
 * @module
 */
import { littleEndian } from "../../base/bytes.ts";
import { isAnyLayout, type AnyLayout, type IntegerLayout, type Layout } from "../layout.ts";
import { visibleFields } from "./padding.ts";
import { at, beyond, type Place, type Source } from "./source.ts";

/** The expression that reads `layout` at `place` of the variable `view`. */
export function readExpression(layout: Layout<unknown>, place: Place, source: Source): string {
  if (!isAnyLayout(layout)) return `${source.constant(layout)}.read(view, ${at(place)})`;
  const express = expressions[layout.kind] as Express<AnyLayout>;
  return express(layout, place, source);
}

type Express<L> = (layout: L, place: Place, source: Source) => string;

const expressions: {
  readonly [Kind in AnyLayout["kind"]]: Express<Extract<AnyLayout, { kind: Kind }>>;
} = {
  integer: (layout, place) =>
    `view.get${accessorOf(layout)}(${at(place)}, ${isLittleEndian(layout)})`,
  bool: (_, place) => `view.getUint8(${at(place)}) !== 0`,
  struct: (layout, place, source) => {
    const members = visibleFields(layout).map(
      ([name, { offset, layout }]) =>
        `${JSON.stringify(name)}: ${readExpression(layout, beyond(place, offset), source)}`,
    );
    return `{ ${members.join(", ")} }`;
  },
  array: (layout, place, source) => {
    const name = source.defineFor(layout, (name) => arrayReader(name, layout, source));
    return `${name}(view, ${at(place)})`;
  },
  chars: call,
  bytes: call,
  transform: call,
  opaque: () => "undefined",
};

/** A call of the layout's own reader. */
function call(layout: AnyLayout, place: Place, source: Source): string {
  return `${source.constant(layout.read)}(view, ${at(place)})`;
}

function arrayReader(
  name: string,
  { element, length }: Extract<AnyLayout, { kind: "array" }>,
  source: Source,
): string {
  const one = readExpression(element, { variable: "place", distance: 0 }, source);
  return `function ${name}(view, start) {
  const values = [];
  for (let place = start; place < start + ${element.size * length}; place += ${element.size}) {
    values.push(${one});
  }
  return values;
}`;
}

/** The part of a `DataView` method's name behind `get` and `set`: `Uint32`, `BigInt64`. */
export function accessorOf({ bits, signed }: IntegerLayout<number | bigint>): string {
  return `${bits === 64 ? "Big" : ""}${signed ? "Int" : "Uint"}${bits}`;
}

/** Whether the integer has its low byte first on this machine. */
export function isLittleEndian({ order }: IntegerLayout<number | bigint>): boolean {
  return order === "host" && littleEndian;
}
