/**
 * Functions that were captured when their file was transformed.
 *
 * The transformed file hands each function with its description to a table of the realm, under a symbol that all copies
 * of this library share. The tree is read when the function is compiled, not before; no parser and no file is needed.
 * @module
 */
import type { Scope, SourceFunction } from "../lang/source/source-function.ts";
import { CaptureError, noValueYet } from "./capture-error.ts";
import { decodeTree } from "./compact-tree.ts";
import { wasCompiled } from "./compiled-ahead.ts";
import { describedIn } from "./function-table.ts";

/** What stands beside a transformed function. Property names are part of the format. */
export interface Description {
  readonly format: number;
  readonly name: string;
  readonly path: string;
  /** The lines the function is in, whole. */
  readonly text: string;
  /** The number of the first of them, from 1. */
  readonly line: number;
  /** Where in the first line the function starts (UTF-16, from 0). */
  readonly column: number;
  /** The tree, as text. */
  readonly tree: string;
  /** The captured names. */
  readonly values: Readonly<Record<string, () => unknown>>;
}

/** Version of the format of descriptions and trees: that of the syntax trees of oxc counts too. */
export const format = 1;

/**
 * The source of a function that was transformed; `undefined` when it was not.
 * @throws {CaptureError} Another version transformed it, or it was compiled ahead of time.
 */
export function registered(fn: (...given: never[]) => unknown): SourceFunction | undefined {
  const description = describedIn(fn) as Description | undefined;
  if (description === undefined) return undefined;
  if (!wasCompiled(fn)) return sourceOf(description);
  throw new CaptureError(
    `function "${description.name}" was compiled when it was bundled, and its source is not there`,
    { hint: "compile its file, not the bundle" },
  );
}

function sourceOf(description: Description): SourceFunction {
  if (description.format !== format)
    throw new CaptureError(
      `function "${description.name}" of ${description.path} was prepared by another version of ts-ebpf`,
      { hint: "use ts-ebpf/register or ts-ebpf/plugin of the version that loads the program" },
    );
  const { name, path, text, line, column, tree, values } = description;
  // Empty lines stand for what is above, so that places keep their line.
  const above = "\n".repeat(line - 1);
  return {
    name,
    node: decodeTree(tree, above.length + column) as SourceFunction["node"],
    source: { path, text: above + text },
    scope: scopeOf(values),
  };
}

function scopeOf(values: Description["values"]): Scope {
  return {
    has: (name) => Object.hasOwn(values, name) || name in globalThis,
    get: (name) =>
      Object.hasOwn(values, name)
        ? valueOf(values[name]!, name)
        : (globalThis as Readonly<Record<string, unknown>>)[name],
  };
}

function valueOf(value: () => unknown, name: string): unknown {
  try {
    return value();
  } catch (cause) {
    throw noValueYet(name, cause);
  }
}
