/**
 * Source of writers: each layout becomes statements that store a value if it fits.
 *
 * The statements run in a function that returns false at the first value that looks wrong, without saying which: the
 * interpreted writer is then asked, and it alone knows how to complain. A wrong value may also show as an exception.
 * @module
 */
import {
  isAnyLayout,
  type AnyLayout,
  type ArrayLayout,
  type Composite,
  type IntegerLayout,
  type Layout,
  type StructLayout,
} from "../layout.ts";
import { gapsOf, visibleFields } from "./padding.ts";
import { accessorOf, isLittleEndian } from "./reader.ts";
import { at, beyond, start, type Place, type Source } from "./source.ts";

/** Name of the function `(view, offset, value) => stored` for a struct or array. */
export function storeFunction(layout: Composite, source: Source): string {
  return source.defineFor(layout, (name) =>
    layout.kind === "array" ? storeArray(name, layout, source) : storeStruct(name, layout, source),
  );
}

function storeStruct(name: string, layout: StructLayout, source: Source): string {
  const body = statementsFor(layout, { place: start, value: "value" }, source);
  return `function ${name}(view, offset, value) {
  ${body.join("\n  ")}
  return true;
}`;
}

function storeArray(name: string, { element, length }: ArrayLayout, source: Source): string {
  const move = { place: { variable: "place", distance: 0 }, value: "item" };
  return `function ${name}(view, offset, value) {
  if (!Array.isArray(value) || value.length !== ${length}) return false;
  for (let index = 0, place = offset; index < ${length}; index++, place += ${element.size}) {
    const item = value[index];
    ${statementsFor(element, move, source).join("\n    ")}
  }
  return true;
}`;
}

/** What to store where, in the generated code. */
interface Move {
  readonly place: Place;
  /** Name of the variable that holds the value. */
  readonly value: string;
}

type Write<L> = (layout: L, move: Move, source: Source) => readonly string[];

function statementsFor(layout: Layout<unknown>, move: Move, source: Source): readonly string[] {
  if (!isAnyLayout(layout)) return call(layout, move, source);
  const write = statements[layout.kind] as Write<AnyLayout>;
  return write(layout, move, source);
}

const statements: {
  readonly [Kind in AnyLayout["kind"]]: Write<Extract<AnyLayout, { kind: Kind }>>;
} = {
  integer: (layout, { place, value }) => [
    `if (${misfit(layout, value)}) return false;`,
    `view.set${accessorOf(layout)}(${at(place)}, ${value}, ${isLittleEndian(layout)});`,
  ],
  bool: (_, { place, value }) => [
    `if (typeof ${value} !== "boolean") return false;`,
    `view.setUint8(${at(place)}, ${value} ? 1 : 0);`,
  ],
  struct: (layout, { place, value }, source) => [
    ...rejectOtherThan(
      visibleFields(layout).map(([name]) => name),
      value,
      source,
    ),
    ...gapsOf(layout).map((gap) => `view.setUint8(${at(beyond(place, gap))}, 0);`),
    ...visibleFields(layout).flatMap(([name, field]) => {
      const member = source.name();
      const move = { place: beyond(place, field.offset), value: member };
      return [
        `const ${member} = ${value}[${JSON.stringify(name)}];`,
        ...statementsFor(field.layout, move, source),
      ];
    }),
  ],
  array: (layout, { place, value }, source) => [
    `if (!${storeFunction(layout, source)}(view, ${at(place)}, ${value})) return false;`,
  ],
  chars: call,
  bytes: call,
  transform: call,
  opaque: (layout, { place }, source) => [`${source.constant(layout)}.write(view, ${at(place)});`],
};

/** A call of the layout's own writer. What is missing is not its business. */
function call(layout: Layout<unknown>, { place, value }: Move, source: Source): readonly string[] {
  return [
    `if (${value} === undefined) return false;`,
    `${source.constant(layout)}.write(view, ${at(place)}, ${value});`,
  ];
}

/** The condition that `value` is no number this integer can hold. */
function misfit({ bits, signed }: IntegerLayout<number | bigint>, value: string): string {
  if (bits === 64)
    return `typeof ${value} !== "bigint" || BigInt.as${signed ? "Int" : "Uint"}N(64, ${value}) !== ${value}`;
  // Shifting up and down again leaves a number as it was only if it is an integer of that many bits.
  const unused = 32 - bits;
  const kept = `${value} << ${unused} ${signed ? ">>" : ">>>"} ${unused}`;
  return `typeof ${value} !== "number" || (${kept}) !== ${value}`;
}

/** Returns false for what is no object, or has other fields. Fields in the order of the struct are found at once. */
function rejectOtherThan(
  names: readonly string[],
  value: string,
  source: Source,
): readonly string[] {
  const [ordered, known] = [source.constant(names), source.constant(new Set(names))];
  const count = source.name();
  return [
    `if (typeof ${value} !== "object" || Array.isArray(${value})) return false;`,
    `let ${count} = 0;`,
    `for (const key in ${value}) if (key !== ${ordered}[${count}++] && !${known}.has(key)) return false;`,
  ];
}
