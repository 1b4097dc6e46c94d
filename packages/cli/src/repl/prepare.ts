/**
 * From TypeScript as people write it in files to JavaScript that is evaluated as a script, entry after entry.
 *
 * Functions marked "use bpf" get their source written beside them, types are taken off. At the top, declarations become
 * global variables, so that they can be made anew and later entries see them; imports become awaited ones; `export` falls
 * away. What waits at the top becomes the body of a function that does. No step moves a line.
 * @module
 */
import { stripTypeScriptTypes } from "node:module";
import type { Library } from "../program-file/library.ts";
import { namesIn, topAwaits } from "./syntax.ts";

/** A text is not finished: a bracket is open, or a template. */
export class UnfinishedError extends SyntaxError {}

/** What goes through the library: capture, and its parser. */
export type Capture = Library["capture"];

type Program = ReturnType<Capture["parseSource"]>;
type Statement = Program["body"][number];

/** A class or function that is declared at the top, which has a name there. */
type NamedStatement = Pick<Statement, "start" | "end"> & { readonly id: { readonly name: string } };

/** What entries go by in messages. */
export const entryPath = "repl.ts";

/** A script to evaluate. */
export interface Entry {
  readonly code: string;
  /** Whether its value is a promise of that of its last expression; else it is that itself. */
  readonly waits: boolean;
}

/**
 * The text as a script.
 * @throws {UnfinishedError} when something is missing at its end; {SyntaxError} when it is no TypeScript.
 */
export function prepareEntry(text: string, capture: Capture): Entry {
  const isBraced = /^\s*\{/.test(text) && !/;\s*$/.test(text);
  // As in other REPLs, braces are an object where they can be one.
  return (
    (isBraced ? tryPrepare(`(${text.trimEnd()})`, capture) : undefined) ?? prepare(text, capture)
  );
}

function tryPrepare(text: string, capture: Capture): Entry | undefined {
  try {
    return prepare(text, capture);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function prepare(text: string, capture: Capture): Entry {
  const [problem] = capture.syntaxProblems({ path: entryPath, text });
  if (problem !== undefined) throw syntaxError(text, problem);
  const described = capture.transformSource({ path: entryPath, text })?.code ?? text;
  const code = strip(described);
  const { body } = capture.parseSource({ path: entryPath, text: code });
  const waits = body.some((one) => one.type === "ImportDeclaration" || topAwaits(one));
  if (!waits) return { code: withEdits(code, body.flatMap(scriptEdits)), waits };
  const edits = body.flatMap((statement) => bodyEdits(statement));
  const value = valueEdits(body.at(-1), code);
  const names = body.flatMap(declaredNames);
  const functions = body.flatMap(functionNames).map((name) => `globalThis.${name}=${name};`);
  const declared = names.length === 0 ? "" : `var ${names.join(",")};`;
  const inner = withEdits(code, [...edits, ...value]);
  return { code: `${declared}(async()=>{${functions.join("")}${inner}\n})()`, waits };
}

function syntaxError(
  text: string,
  { message, labels }: ReturnType<Capture["syntaxProblems"]>[number],
): SyntaxError {
  const { start, end } = labels[0] ?? { start: 0, end: 0 };
  const isLast = end >= text.trimEnd().length;
  // What may have more lines is not finished: templates and comments begin where they are wrong.
  const goesOn = start >= text.trimEnd().length || /[`/]/.test(text[start] ?? "");
  const place = `${entryPath}:${text.slice(0, start).trimEnd().split("\n").length}`;
  return isLast && goesOn
    ? new UnfinishedError(`${message} (${place})`)
    : new SyntaxError(`${message} (${place})`);
}

function strip(text: string): string {
  try {
    return stripTypeScriptTypes(text);
  } catch (error) {
    // What is left is syntax that means something at run time: enums, namespaces.
    throw new SyntaxError((error as Error).message, { cause: error });
  }
}

/** Text that takes the place of other text. */
interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

function at(start: number, text: string, end: number = start): Edit {
  return { start, end, text };
}

/** `export` in front of a declaration; the declaration. Other exports are taken away. */
function unexported(statement: Statement): {
  readonly edits: readonly Edit[];
  readonly inner: Statement | undefined;
} {
  const { start, end } = statement;
  if (statement.type === "ExportDefaultDeclaration")
    return { edits: [at(start, "void 0,", statement.declaration.start)], inner: undefined };
  if (statement.type !== "ExportNamedDeclaration") return { edits: [], inner: statement };
  const inner = statement.declaration as Statement | null;
  if (inner === null) return { edits: [at(start, "", end)], inner: undefined };
  return { edits: [at(start, "", inner.start)], inner };
}

/** Declarations of a script become variables: those of `using` too, as everything is closed at the end. */
function scriptEdits(statement: Statement): readonly Edit[] {
  const { edits, inner } = unexported(statement);
  if (inner?.type === "VariableDeclaration" && inner.kind !== "var")
    return [...edits, at(inner.start, "var", inner.start + inner.kind.length)];
  if (inner?.type === "ClassDeclaration")
    return [...edits, ...classEdits(inner as unknown as NamedStatement, "var ")];
  return edits;
}

/** Declarations in the body of a function become assignments to variables outside of it. */
function bodyEdits(statement: Statement): readonly Edit[] {
  if (statement.type === "ImportDeclaration")
    return [at(statement.start, importOf(statement), statement.end)];
  const { edits, inner } = unexported(statement);
  if (inner?.type === "ClassDeclaration")
    return [...edits, ...classEdits(inner as unknown as NamedStatement, "")];
  if (inner?.type !== "VariableDeclaration") return edits;
  const assignments = inner.declarations.flatMap(({ start, end, init }) => [
    at(start, "("),
    at(end, init === null ? "=undefined)" : ")"),
  ]);
  const last = inner.declarations.at(-1)!.end;
  return [
    ...edits,
    at(inner.start, "void (", inner.start + inner.kind.length),
    ...assignments,
    at(last, ")"),
  ];
}

function classEdits({ id, start, end }: NamedStatement, keyword: string): readonly Edit[] {
  return [at(start, `${keyword}${id.name}=`), at(end, ";")];
}

function valueEdits(last: Statement | undefined, code: string): readonly Edit[] {
  if (last?.type !== "ExpressionStatement") return [];
  const end = code[last.end - 1] === ";" ? last.end - 1 : last.end;
  return [at(last.start, "return ("), at(end, ")")];
}

function declaredNames(statement: Statement): readonly string[] {
  if (statement.type === "ImportDeclaration")
    return statement.specifiers.map(({ local }) => local.name);
  const { inner } = unexported(statement);
  if (inner?.type === "VariableDeclaration")
    return inner.declarations.flatMap(({ id }) => namesIn(id));
  return inner?.type === "ClassDeclaration" ? [(inner as unknown as NamedStatement).id.name] : [];
}

function functionNames(statement: Statement): readonly string[] {
  const { inner } = unexported(statement);
  return inner?.type === "FunctionDeclaration"
    ? [(inner as unknown as NamedStatement).id.name]
    : [];
}

/** An import as assignments of what is awaited. */
function importOf(statement: Extract<Statement, { type: "ImportDeclaration" }>): string {
  const module = `await import(${JSON.stringify(statement.source.value)})`;
  const names = statement.specifiers.map((specifier) => {
    const { name } = specifier.local;
    if (specifier.type === "ImportNamespaceSpecifier") return `${name}=$module;`;
    if (specifier.type === "ImportDefaultSpecifier") return `${name}=$module.default;`;
    const { imported } = specifier;
    const key = "name" in imported ? imported.name : imported.value;
    return `${name}=$module[${JSON.stringify(key)}];`;
  });
  return `{const $module=${module};${names.join("")}}`;
}

/** The code with edits. Edits at one place come in their order; what they replace keeps its line breaks. */
function withEdits(code: string, edits: readonly Edit[]): string {
  let edited = "";
  let from = 0;
  for (const { start, end, text } of edits.toSorted((left, right) => left.start - right.start)) {
    const breaks = code.slice(start, end).split("\n").length - 1;
    edited += code.slice(from, start) + text + "\n".repeat(breaks);
    from = end;
  }
  return edited + code.slice(from);
}
