/**
 * Readers and writers of structs and arrays, compiled to JavaScript.
 *
 * A layout is known when the program starts, so the code that reads it can be written for it: constant offsets, object
 * literals, no loops over fields. Where code must not be made from text (`--disallow-code-generation-from-strings`, a
 * page's security policy) the interpreted ones do the same, slower.
 * @module
 */
import type { Composite } from "../layout.ts";
import { readArray, readStruct, writeArray, writeStruct } from "./interpret.ts";
import { readExpression } from "./reader.ts";
import { Source, start } from "./source.ts";
import { storeFunction } from "./writer.ts";

/** A function that reads a value. */
export type Reader<T> = (view: DataView, offset: number) => T;
/** A function that stores a value. */
export type Writer<T> = (view: DataView, offset: number, value: T) => void;

/** The fastest reader there can be here. `T` is the type of the layout's values. */
export function readerOf<T>(layout: Composite): Reader<T> {
  return ifAllowed(() => compileReader<T>(layout)) ?? interpretReader<T>(layout);
}

/** The fastest writer there can be here. `T` is the type of the layout's values. */
export function writerOf<T>(layout: Composite): Writer<T> {
  return ifAllowed(() => compileWriter<T>(layout)) ?? interpretWriter<T>(layout);
}

/**
 * A reader made for the layout.
 * @throws {EvalError} where code must not be made from text.
 */
export function compileReader<T>(layout: Composite): Reader<T> {
  const source = new Source();
  const value = readExpression(layout, start, source);
  return source.run(`return (view, offset) => (${value});`) as Reader<T>;
}

/**
 * A writer made for the layout. What it cannot store it hands to `instead`, the interpreted one, for the error.
 * @throws {EvalError} where code must not be made from text.
 */
export function compileWriter<T>(
  layout: Composite,
  instead: Writer<T> = interpretWriter<T>(layout),
): Writer<T> {
  const source = new Source();
  const store = storeFunction(layout, source);
  return source.run(`return (view, offset, value) => {
  try {
    if (${store}(view, offset, value)) return;
  } catch {
    // Happens again below, where it gets its path.
  }
  ${source.constant(instead)}(view, offset, value);
};`) as Writer<T>;
}

/** A reader that looks at the layout each time. */
export function interpretReader<T>(layout: Composite): Reader<T> {
  return layout.kind === "struct"
    ? (view, offset) => readStruct(layout, view, offset) as T
    : (view, offset) => readArray(layout, view, offset) as T;
}

/** A writer that looks at the layout each time. */
export function interpretWriter<T>(layout: Composite): Writer<T> {
  return layout.kind === "struct"
    ? (view, offset, value) => writeStruct(layout, view, offset, value)
    : (view, offset, value) => writeArray(layout, view, offset, value);
}

/** What `compile` makes, or `undefined` where code must not be made from text. */
export function ifAllowed<T>(compile: () => T): T | undefined {
  try {
    return compile();
  } catch (error) {
    if (error instanceof EvalError) return undefined;
    throw error;
  }
}
