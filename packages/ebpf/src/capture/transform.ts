/**
 * A file whose marked functions carry their own source: what the module hook and the bundler plugin do to it.
 *
 *     const onExec = tpBtf("sched_process_exec", (task) => { "use bpf"; … });
 *                                                └─ wrapped: $bpf(…, { name, text, tree, values: { counts: () => counts } })
 *
 * Everything is inserted on lines that exist, so no line moves; a function behaves as before. Declarations are not
 * wrapped but named at the head of their block, since they can be used before they stand there.
 * @module
 */
import type { Node, Program } from "@oxc-project/types";
import type { SourceText } from "../lang/source/source-function.ts";
import { notAFunction } from "./capture-error.ts";
import { capturedNames } from "./captured-names.ts";
import { encodeTree } from "./compact-tree.ts";
import { type FoundFunction, markedFunctions } from "./marked-functions.ts";
import { mayHoldPrograms, tryParse } from "./parse.ts";
import { format } from "./registered.ts";
import { tableKey } from "./function-table.ts";
import { type Insertion, inserted, type SourceMap, sourceMap } from "./source-map.ts";
import { type AnyFunction, directiveOf } from "./tree.ts";

/** A transformed file. */
export interface Transformed {
  readonly code: string;
  /** From `code` to the file as it was. */
  readonly map: () => SourceMap;
}

/**
 * The file with its marked functions described; `undefined` when it has none, or when its syntax is wrong.
 * @throws {CaptureError} A method is marked; the parser is not installed.
 */
export function transformSource(
  source: SourceText,
  replace: Replace = () => undefined,
): Transformed | undefined {
  if (!mayHoldPrograms(source.text)) return undefined;
  const program = tryParse(source);
  if (program === undefined) return undefined;
  const functions = markedFunctions(program);
  if (functions.length === 0) return undefined;
  const insertions = insertionsFor(source, program, { functions, replace });
  return {
    code: inserted(source.text, insertions),
    map: () => sourceMap(source, insertions),
  };
}

/** What stands beside a function instead of its source, and what its body becomes. */
export interface Replacement {
  /** An expression. */
  readonly description: string;
  /** A block without line breaks. */
  readonly body: string;
}

/**
 * Decides what becomes of a function with its captured names: it is replaced, kept as it is, or (`undefined`) gets its
 * source beside it.
 */
export type Replace = (
  found: FoundFunction,
  captured: readonly string[],
) => Replacement | "keep" | undefined;

interface ToDescribe {
  readonly functions: readonly FoundFunction[];
  readonly replace: Replace;
}

function insertionsFor(
  source: SourceText,
  program: Program,
  { functions, replace }: ToDescribe,
): readonly Insertion[] {
  const helper = helperName(source.text);
  const captured = capturedNames(
    program,
    functions.map(({ node }) => node),
  );
  const described = functions.flatMap((found) => {
    if (found.method) throw notAFunction(found.name, placeIn(source, found.node));
    const names = captured.get(found.node)!;
    const replaced = replace(found, names);
    if (replaced === "keep") return [];
    const description = replaced?.description ?? descriptionOf(found, source, names);
    const body = replaced === undefined ? [] : [bodyOf(found.node, source, replaced.body)];
    return [...body, ...describing(found, helper, description)];
  });
  const head = { at: headOf(program.body, program.end), text: helperText(helper, source.path) };
  return [head, ...described].toSorted((left, right) => left.at - right.at);
}

/** Calls the function that registers for a function. */
function describing(
  found: FoundFunction,
  helper: string,
  description: string,
): readonly Insertion[] {
  return found.node.type === "FunctionDeclaration" && found.node.id !== null
    ? [announcement(found, `${helper}(${found.node.id.name},${description});`)]
    : wrapping(found.node, helper, description);
}

/** Another body for a function, on as many lines. */
function bodyOf(node: AnyFunction, { text }: SourceText, body: string): Insertion {
  const { start, end } = node.body!;
  return {
    at: start,
    text: body + "\n".repeat(text.slice(start, end).split("\n").length - 1),
    until: end,
  };
}

/** A name for the function that registers, which the file does not use. */
function helperName(text: string): string {
  let name = "$bpf";
  while (text.includes(name)) name += "$";
  return name;
}

/** The function that registers; in TypeScript it keeps the type of what it is given. */
function helperText(name: string, path: string): string {
  const typed = /\.[cm]?tsx?$/.test(path);
  const head = typed ? `${name}<F>(f:F,d:unknown):F` : `${name}(f,d)`;
  const here = typed ? "(globalThis as any)" : "globalThis";
  return `function ${head}{(${here}[Symbol.for("${tableKey}")]??=new WeakMap()).set(f,d);return f;}`;
}

function announcement(found: FoundFunction, text: string): Insertion {
  const block = found.around.findLast(({ type }) => !type.startsWith("Export"))!;
  const holdsStatements = "body" in block && Array.isArray(block.body);
  return {
    at: holdsStatements
      ? headOf(block.body as readonly Node[], found.node.start)
      : found.node.start,
    text,
  };
}

/** Where statements can be put before all others: behind the directives. */
function headOf(statements: readonly Node[], otherwise: number): number {
  return statements.find((statement) => directiveOf(statement) === undefined)?.start ?? otherwise;
}

function wrapping(node: Node, helper: string, description: string): readonly Insertion[] {
  return [
    { at: node.start, text: `/* @__PURE__ */ ${helper}(` },
    { at: node.end, text: `,${description})` },
  ];
}

/** The description of a function, as an expression; see `Description`. */
function descriptionOf(
  { name, node }: FoundFunction,
  { path, text }: SourceText,
  captured: readonly string[],
): string {
  const start = text.lastIndexOf("\n", node.start - 1) + 1;
  const end = text.indexOf("\n", node.end);
  const values = captured.map((name) => `${JSON.stringify(name)}:()=>${name}`);
  const properties = {
    format,
    name: JSON.stringify(name),
    path: JSON.stringify(path),
    text: JSON.stringify(text.slice(start, end === -1 ? text.length : end)),
    line: lineOf(text, start),
    column: node.start - start,
    tree: singleQuoted(encodeTree(node)),
    values: `{${values.join(",")}}`,
  };
  const written = Object.entries(properties).map(
    ([key, value]) => `${JSON.stringify(key)}:${value}`,
  );
  return `{${written.join(",")}}`;
}

function placeIn({ path, text }: SourceText, { start }: Node): string {
  return `${path}:${lineOf(text, start)}`;
}

/** The line of an offset, from 1. */
function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}

/** JSON as a string literal: in single quotes, since it is full of double ones. */
function singleQuoted(json: string): string {
  return `'${json.replaceAll(/[\\']/g, String.raw`\$&`)}'`;
}
