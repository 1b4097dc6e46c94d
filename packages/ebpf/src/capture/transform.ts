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
import { format, tableKey } from "./registered.ts";
import { type Insertion, inserted, type SourceMap, sourceMap } from "./source-map.ts";
import { directiveOf } from "./tree.ts";

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
export function transformSource(source: SourceText): Transformed | undefined {
  if (!mayHoldPrograms(source.text)) return undefined;
  const program = tryParse(source);
  if (program === undefined) return undefined;
  const functions = markedFunctions(program);
  if (functions.length === 0) return undefined;
  const insertions = insertionsFor(source, program, functions);
  return {
    code: inserted(source.text, insertions),
    map: () => sourceMap(source, insertions),
  };
}

function insertionsFor(
  source: SourceText,
  program: Program,
  functions: readonly FoundFunction[],
): readonly Insertion[] {
  const helper = helperName(source.text);
  const captured = capturedNames(
    program,
    functions.map(({ node }) => node),
  );
  const described = functions.flatMap((found) => {
    if (found.method) throw notAFunction(found.name, placeIn(source, found.node));
    const description = descriptionOf(found, source, captured.get(found.node)!);
    return found.node.type === "FunctionDeclaration" && found.node.id !== null
      ? [announcement(found, `${helper}(${found.node.id.name},${description});`)]
      : wrapping(found.node, helper, description);
  });
  const head = { at: headOf(program.body, program.end), text: helperText(helper, source.path) };
  return [head, ...described].toSorted((left, right) => left.at - right.at);
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
