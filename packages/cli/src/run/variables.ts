/**
 * Values for variables of a file, from the command line.
 * @module
 */
import { type CollectionSpec, InvalidArgumentError, type Layout } from "ts-ebpf";
import type { Assignment } from "../value/assignment.ts";

/**
 * Sets variables that `specs` has, by the name they are exported under or their own.
 * @throws {InvalidArgumentError} when there is no such variable, or the text is no value of it.
 */
export function setVariables(specs: CollectionSpec, assignments: readonly Assignment[]): void {
  const variables = new Map<string, Variable>();
  for (const [name, spec] of Object.entries(specs)) {
    if (spec.kind !== "map" || !("variable" in spec)) continue;
    variables.set(spec.name, spec);
    variables.set(name, spec);
  }
  for (const { name, text } of assignments) {
    const variable = variables.get(name);
    if (variable === undefined) throw unknown(name, [...variables.keys()]);
    variable.value = parseValue(name, variable.layout, text);
  }
}

interface Variable {
  readonly layout: Layout<unknown>;
  value: unknown;
}

function unknown(name: string, known: readonly string[]): InvalidArgumentError {
  const hint =
    known.length === 0
      ? 'export one: export const target = config("target", u32, 0)'
      : `it has ${[...new Set(known)].join(", ")}`;
  return new InvalidArgumentError(`the file exports no variable "${name}"`, { hint });
}

function parseValue(name: string, layout: Layout<unknown>, text: string): unknown {
  const value = parsers[layout.kind ?? ""]?.(text, layout);
  if (value === undefined) {
    throw new InvalidArgumentError(`${name}=${text}: this is no value of ${layout.name}`, {
      hint: "numbers, true and false, and text can be set so",
    });
  }
  // Whether it fits is known to the layout.
  layout.write(new DataView(new ArrayBuffer(layout.size)), 0, value);
  return value;
}

type Parser = (text: string, layout: Layout<unknown>) => unknown;

/** By kind of layout; they return `undefined` for what cannot be meant. */
const parsers: Readonly<Record<string, Parser>> = {
  integer: (text, { size }) => {
    if (!/^(-?\d+|0x[\da-f]+)$/i.test(text)) return undefined;
    return size === 8 ? BigInt(text) : Number(text);
  },
  bool: (text) => ({ true: true, false: false, 1: true, 0: false })[text],
  chars: (text) => text,
};
