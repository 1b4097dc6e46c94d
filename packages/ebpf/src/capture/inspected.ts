/**
 * Capture without any preparation: `node app.ts`.
 *
 * V8 tells the place of the function in the text that runs; stripping types keeps every place, so the same place in the
 * file on disk is the function with its types. That both are the same text is checked. Values come from the scopes that
 * V8 keeps, asked again each time a function is captured.
 * @module
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Program } from "@oxc-project/types";
import type { Scope, SourceFunction, SourceText } from "../lang/source/source-function.ts";
import { CaptureError, notAFunction, notMarked, noValueYet, noWayTo } from "./capture-error.ts";
import { placeOf, type ScriptPlace, type Variables, variablesAround } from "./inspector.ts";
import { type FoundFunction, functionAt } from "./marked-functions.ts";
import { mayHoldPrograms, parseSource } from "./parse.ts";
import { projectPath } from "./project-path.ts";

type Callable = (...given: never[]) => unknown;

/**
 * The source of a function as V8 and the disk know it. The values of its scope are those of when they are first asked.
 * @throws {CaptureError} It has no source, runs from a text that is not on disk, or is not marked.
 */
export function inspected(fn: Callable): SourceFunction {
  const known = sources.get(fn) ?? findSource(fn);
  sources.set(fn, known);
  return { ...known, scope: scopeOf(fn) };
}

/** All of a captured function that does not change while the program runs. */
type Fixed = Omit<SourceFunction, "scope">;

const sources = new WeakMap<Callable, Fixed>();

function findSource(fn: Callable): Fixed {
  checkText(fn);
  const place = attempt(fn, () => placeOf(fn));
  if (place === undefined) throw noWayTo(fn.name, "V8 knows no place of it");
  const { source, program } = fileOf(fn, place);
  const offset = offsetAt(source.text, place);
  const found = offset === undefined ? undefined : functionAt(program, offset);
  if (offset === undefined || found === undefined || !sameText(place, source, { offset, found }))
    throw noWayTo(fn.name, `${source.path} is not the text that runs: ${reasons}`);
  if (found.method) throw notAFunction(found.name);
  if (!found.marked) throw notMarked(found.name);
  return { name: found.name, node: found.node, source };
}

const reasons = "it was changed after it was loaded, or another tool compiled it";

/** Rejects by its text alone what can be no program, before the parser is loaded for it. */
function checkText(fn: Callable): void {
  const text = Function.prototype.toString.call(fn);
  if (/\{\s*\[native code\]\s*\}$/.test(text))
    throw noWayTo(fn.name, "it is native or made by `bind`, so it has no text of its own");
  if (/^class\b/.test(text)) throw notAFunction(fn.name);
  if (!mayHoldPrograms(text)) throw notMarked(fn.name);
}

/** What `ask` answers; where the inspector is refused, the error tells the other ways. */
function attempt<Answer>(fn: Callable, ask: () => Answer): Answer {
  try {
    return ask();
  } catch (cause) {
    throw cause instanceof CaptureError
      ? noWayTo(fn.name, cause.message, { cause: cause.cause })
      : cause;
  }
}

interface ParsedFile {
  readonly source: SourceText;
  readonly program: Program;
}

/** The file that was parsed last: the functions of a file are mostly captured one after the other. */
let last: { readonly script: string; readonly url: string; readonly file: ParsedFile } | undefined;

function fileOf(fn: Callable, place: ScriptPlace): ParsedFile {
  const { url, script } = place;
  if (last?.url === url && last.script === script) return last.file;
  const source = sourceOf(url, script);
  if (isMinified(source, place))
    throw noWayTo(fn.name, `${source.path} is minified, so its lines and names mean nothing`);
  const file = { source, program: parseSource(source) };
  last = { url, script, file };
  setImmediate(() => (last = undefined));
  return file;
}

/** Longest line that a person could have written a function on. */
const longestLine = 500;

function isMinified({ text }: SourceText, place: ScriptPlace): boolean {
  const start = offsetAt(text, { ...place, column: 0 }) ?? 0;
  return /^.*/.exec(text.slice(start))![0].length > longestLine;
}

/** The file as it is on disk; a text that never was in a file, as with `node --eval`, stands for itself. */
function sourceOf(url: string, script: string): SourceText {
  if (!url.startsWith("file:") && !url.startsWith("/")) return { path: url, text: script };
  const path = url.startsWith("/") ? url : fileURLToPath(url);
  try {
    const text = readFileSync(path, "utf8").replace(/^\uFEFF/, "");
    return { path: projectPath(path), text };
  } catch (cause) {
    throw new CaptureError(`cannot read ${path}, where the function was loaded from`, { cause });
  }
}

/** The offset of a line and column, both from 0; `undefined` where the text has no such place. */
function offsetAt(text: string, { line, column }: ScriptPlace): number | undefined {
  const lineEnd = /\r\n|[\n\r\u2028\u2029]/g;
  for (let passed = 0; passed < line; passed++) if (!lineEnd.test(text)) return undefined;
  const offset = lineEnd.lastIndex + column;
  return offset <= text.length ? offset : undefined;
}

/** Whether what runs is the function found on disk, but for the types that were blanked out. */
function sameText(
  place: ScriptPlace,
  { text }: SourceText,
  { offset, found }: { readonly offset: number; readonly found: FoundFunction },
): boolean {
  const start = offsetAt(place.script, place);
  if (start === undefined) return false;
  for (let index = offset; index < found.node.end; index++) {
    const running = place.script[start + index - offset];
    if (running === undefined || (running !== text[index] && !/[\s;,()]/.test(running)))
      return false;
  }
  return true;
}

function scopeOf(fn: Callable): Scope {
  let asked: readonly Variables[] | undefined;
  const holding = (name: string): Variables | undefined => {
    asked ??= attempt(fn, () => variablesAround(fn));
    const around = asked.find((variables) => Object.hasOwn(variables, name));
    return around ?? (name in globalThis ? globalThis : undefined);
  };
  return {
    has: (name) => holding(name) !== undefined,
    get: (name) => valueIn(holding(name), name),
  };
}

function valueIn(variables: Variables | undefined, name: string): unknown {
  try {
    return variables?.[name];
  } catch (cause) {
    throw noValueYet(name, cause);
  }
}
