/**
 * Text to syntax tree, with oxc.
 *
 * The parser is loaded when the first text is parsed: a program whose functions were captured by a bundler never needs
 * it, and need not ship it. Types are kept in the tree; parentheses are not.
 * @module
 */
import { createRequire } from "node:module";
import type * as Oxc from "oxc-parser";
import type { Program } from "@oxc-project/types";
import type { SourceText } from "../lang/source/source-function.ts";
import { CaptureError } from "./capture-error.ts";

/**
 * The tree of a file, with UTF-16 offsets. What language it is follows from the path: TypeScript for `.ts`, JavaScript
 * for everything that is not.
 * @throws {CaptureError} Its syntax is wrong, or the parser is not installed.
 */
export function parseSource(source: SourceText): Program {
  const program = tryParse(source);
  if (program !== undefined) return program;
  const [first] = parseAs(source, "unambiguous").errors;
  throw new CaptureError(`${source.path} cannot be parsed: ${first?.message}`);
}

/**
 * As {@link parseSource}; `undefined` where the syntax is wrong, which whoever runs the file tells better.
 * @throws {CaptureError} The parser is not installed.
 */
export function tryParse(source: SourceText): Program | undefined {
  for (const sourceType of ["unambiguous", "module", "commonjs"] as const) {
    const { program, errors } = parseAs(source, sourceType);
    if (errors.length === 0) return program;
  }
  return undefined;
}

/** Whether the text can hold a marked function, so that parsing it is worth the time. */
export function mayHoldPrograms(text: string): boolean {
  return text.includes('"use bpf"') || text.includes("'use bpf'");
}

type SourceType = "unambiguous" | "module" | "commonjs";

function parseAs({ path, text }: SourceText, sourceType: SourceType): Oxc.ParseResult {
  return parser().parseSync(path, text, {
    lang: languageOf(path),
    sourceType,
    astType: "ts",
    preserveParens: false,
  });
}

function languageOf(path: string): "ts" | "tsx" | "jsx" {
  const found = /\.[cm]?(tsx?)$/.exec(path);
  return found === null ? "jsx" : (found[1] as "ts" | "tsx");
}

let loaded: typeof Oxc | undefined;

function parser(): typeof Oxc {
  if (loaded !== undefined) return loaded;
  try {
    loaded = createRequire(import.meta.url)("oxc-parser") as typeof Oxc;
  } catch (cause) {
    throw new CaptureError("the parser, package oxc-parser, cannot be loaded", {
      cause,
      hint: "install oxc-parser; or bundle with the plugin ts-ebpf/plugin, which parses when it bundles",
    });
  }
  return loaded;
}
