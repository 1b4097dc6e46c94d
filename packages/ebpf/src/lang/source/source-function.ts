/**
 * A function as the compiler takes it: its syntax tree, the text it was parsed from, and what its free names mean.
 *
 * Where it comes from (the inspector, a module hook, a bundler, a file) is the business of `capture`; the compiler asks
 * only this. Values are the running program's own: a map, a layout, a number, another function.
 * @module
 */
import type { ArrowFunctionExpression, Function as FunctionNode } from "@oxc-project/types";

/** The text of a file. Offsets of syntax trees are UTF-16 offsets into it. */
export interface SourceText {
  /** Path as people shall see it: relative to where the project lies, with slashes. */
  readonly path: string;
  readonly text: string;
}

/** What the free names of a function mean. */
export interface Scope {
  /** Whether `name` means something outside of the function. */
  has(name: string): boolean;
  /** Its value, at the time of asking. */
  get(name: string): unknown;
}

/** A function marked "use bpf". */
export interface SourceFunction {
  /** Name of the function or of the constant it was assigned to; empty for none. */
  readonly name: string;
  readonly node: ArrowFunctionExpression | FunctionNode;
  readonly source: SourceText;
  readonly scope: Scope;
}

/** Finds the source of a function of the running program. */
export type Capture = (fn: (...given: never[]) => unknown) => SourceFunction;
