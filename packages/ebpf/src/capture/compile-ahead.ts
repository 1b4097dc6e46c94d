/**
 * Compiling the programs of a file while an application is bundled.
 *
 * The file is run as it will be in the application, so that what its functions capture is there; each function that an
 * exported program is made of is then compiled, for any kernel, and what comes out stands beside the function instead of
 * its source. Its body is left out: nothing of what only programs use has to be part of the bundle.
 * @module
 */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { type Btf, parseBtf } from "../btf/btf.ts";
import { compileProgram, type CompileProgramOptions } from "../lang/compile-program.ts";
import type { Capture, SourceFunction, SourceText } from "../lang/source/source-function.ts";
import type { SourceCode, SourceProgramSpec } from "../spec/source-program.ts";
import { captureFunction } from "./capture.ts";
import { CaptureError } from "./capture-error.ts";
import { type CompiledDescription, compiledFormat, type CompiledForm } from "./compiled-ahead.ts";
import { formOf } from "./compiled-form.ts";
import { importModule } from "./import-module.ts";
import type { FoundFunction } from "./marked-functions.ts";
import { projectPath } from "./project-path.ts";
import { type Replacement, type Transformed, transformSource } from "./transform.ts";

/** What programs are compiled for, ahead of time. */
export interface CompileAheadOptions extends Pick<
  CompileProgramOptions,
  "isaVersion" | "kernelVersion"
> {
  /** File with the types of a kernel; those of the running one, `/sys/kernel/btf/vmlinux`, when left out. */
  readonly btf?: string;
  /**
   * Whether the kernel is told the lines of the source, which it shows in logs and dumps; `true` when left out. Without
   * them programs load a few milliseconds faster, and the bundle holds nothing of the source.
   */
  readonly lineInfo?: boolean;
}

/**
 * The file at `path` with its programs compiled; `undefined` when it has none. The file is run.
 * @throws {CompileError} with what is wrong with a program; {@link CaptureError} when there are no types of a kernel.
 */
export async function compileAhead(
  { path, text }: SourceText,
  options: CompileAheadOptions = {},
): Promise<Transformed | undefined> {
  const source = { path: projectPath(path), text };
  const functions = new Map<string, CompiledFunction>();
  const called = new Set<string>();
  for (const program of programsIn(await importModule(path))) {
    const { code } = program;
    const key = placeOf(captureFunction(code));
    const compiled = functions.get(key) ?? { code, forms: [] };
    compiled.forms.push(compileOne(program, called, options));
    functions.set(key, compiled);
  }
  return transformSource(source, (found, captured) => {
    const key = placeOf({ node: found.node, source });
    const compiled = functions.get(key);
    if (compiled !== undefined) return replacement(found, compiled, captured);
    // What programs call is part of them; beside it, nothing has to be known of it.
    return called.has(key) ? "keep" : undefined;
  });
}

interface CompiledFunction {
  readonly code: SourceCode;
  readonly forms: CompiledForm[];
}

/** The programs that a file exports, alone or as members of a collection. */
function programsIn(exports: Readonly<Record<string, unknown>>): Set<SourceProgramSpec> {
  const members = Object.values(exports).flatMap((value) =>
    isPlainObject(value) ? Object.values(value) : [],
  );
  return new Set([...Object.values(exports), ...members].filter(isProgram));
}

function isPlainObject(value: unknown): value is object {
  return (
    typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype
  );
}

/** Told by its kind, as the file may have another copy of the library. */
function isProgram(value: unknown): value is SourceProgramSpec {
  return isPlainObject(value) && "kind" in value && value.kind === "source-program";
}

/** Where a function stands in its file: the tree and the text may be of a part of it. */
function placeOf({ node, source }: Pick<SourceFunction, "node" | "source">): string {
  const before = source.text.slice(0, node.start);
  return `${before.split("\n").length}:${before.length - before.lastIndexOf("\n")}`;
}

/** Compiles a program, and notes where the functions stand that it calls. */
function compileOne(
  program: SourceProgramSpec,
  called: Set<string>,
  { btf, lineInfo = true, ...target }: CompileAheadOptions,
): CompiledForm {
  const capture: Capture = (fn) => {
    const source = captureFunction(fn);
    called.add(placeOf(source));
    return source;
  };
  const types = kernelTypes(btf);
  const { spec } = compileProgram({ ...target, program, capture, btf: types, portable: true });
  return formOf(program, spec, { types, lineInfo });
}

const parsed = new Map<string, Btf>();

function kernelTypes(path = "/sys/kernel/btf/vmlinux"): Btf {
  const file = resolve(path);
  const known = parsed.get(file);
  if (known !== undefined) return known;
  try {
    const btf = parseBtf(readFileSync(file), { path: file });
    parsed.set(file, btf);
    return btf;
  } catch (cause) {
    throw new CaptureError(`cannot compile ahead of time: there are no types of a kernel`, {
      cause,
      hint: `give the BTF of a kernel, as its /sys/kernel/btf/vmlinux is, instead of ${file}`,
    });
  }
}

const constants: ReadonlySet<string> = new Set(["number", "bigint", "string", "boolean"]);

function replacement(
  { name }: FoundFunction,
  { code, forms }: CompiledFunction,
  captured: readonly string[],
): Replacement {
  const { scope } = captureFunction(code);
  const values = captured.map((one) => [one, scope.get(one)] as const);
  const scalars = values.filter(([, value]) => constants.has(typeof value));
  const maps = values.filter(([, value]) => isMap(value));
  const data: Omit<CompiledDescription, "values"> = {
    compiledFormat,
    name,
    programs: forms,
    constants: Object.fromEntries(scalars),
  };
  const thunks = [...scalars, ...maps].map(([one]) => `${JSON.stringify(one)}:()=>${one}`);
  const message = `${name || "this function"} was compiled when it was bundled, and cannot be called`;
  return {
    description: `{...${expression(data)},values:{${thunks.join(",")}}}`,
    body: `{throw TypeError(${JSON.stringify(message)})}`,
  };
}

function isMap(value: unknown): boolean {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === "map";
}

/** Plain data as an expression of JavaScript. Engines take half the time to read it as JSON, where it is. */
function expression(data: object): string {
  const text = literal(data);
  return isJson(text) ? `JSON.parse(${JSON.stringify(text)})` : text;
}

function isJson(text: string): boolean {
  try {
    return Object.is(JSON.stringify(JSON.parse(text)), text);
  } catch {
    return false;
  }
}

/** Plain data as an expression of JavaScript: JSON, and bigints. What is `undefined` is left out. */
function literal(value: unknown): string {
  if (typeof value === "bigint") return `${value}n`;
  // Neither is JSON: negative zero, and what is not finite.
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value);
  if (Array.isArray(value)) return `[${value.map(literal).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${literal(member)}`).join(",")}}`;
}
