/**
 * Text to syntax tree. Types are kept in the tree; parentheses are not.
 * @module
 */
import type { Program } from "@oxc-project/types";
import type { SourceText } from "../lang/source/source-function.ts";
import { CaptureError } from "./capture-error.ts";
import { type Parse, parser, type SourceType, type SyntaxProblem } from "./parser.ts";

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

/**
 * What is wrong with the syntax of a file; nothing when it can be parsed.
 * @throws {CaptureError} The parser is not installed.
 */
export function syntaxProblems(source: SourceText): readonly SyntaxProblem[] {
  return tryParse(source) === undefined ? parseAs(source, "unambiguous").errors : [];
}

/** Whether the text can hold a marked function, so that parsing it is worth the time. */
export function mayHoldPrograms(text: string): boolean {
  return text.includes('"use bpf"') || text.includes("'use bpf'");
}

function parseAs({ path, text }: SourceText, sourceType: SourceType): ReturnType<Parse> {
  return parser()(path, text, {
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
