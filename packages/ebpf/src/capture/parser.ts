/**
 * The parser: oxc, or another one that somebody gives.
 *
 * It is loaded when it is first needed: a program whose functions were captured by a bundler never needs it, and need not
 * ship it. Where there is no Node, in a browser, nothing can be loaded; a page brings a parser that is part of it.
 * @module
 */
import type { Program } from "@oxc-project/types";
import { CaptureError } from "./capture-error.ts";

/** How the text of a file is meant. */
export type SourceType = "unambiguous" | "module" | "commonjs";

/** What a parser is asked. */
export interface ParseRequest {
  readonly lang: "ts" | "tsx" | "jsx";
  readonly sourceType: SourceType;
  readonly astType: "ts";
  readonly preserveParens: false;
}

/**
 * A parser as oxc-parser's `parseSync` is: text to a tree as TS-ESTree has it, types included, with offsets in UTF-16;
 * properties that are not there are null. With errors the tree does not count.
 */
export type Parse = (
  path: string,
  text: string,
  request: ParseRequest,
) => { readonly program: Program; readonly errors: readonly SyntaxProblem[] };

/** Why a text cannot be parsed. */
export interface SyntaxProblem {
  readonly message: string;
  /** Where it is, the place itself first. Offsets in UTF-16. */
  readonly labels: readonly { readonly start: number; readonly end: number }[];
}

let current: Parse | undefined;

/** Makes `parse` the parser of this process or page, from now on. */
export function useParser(parse: Parse): void {
  current = parse;
}

/**
 * The parser.
 * @throws {CaptureError} when none was given, and oxc-parser is not installed.
 */
export function parser(): Parse {
  current ??= loadOxc();
  return current;
}

function loadOxc(): Parse {
  try {
    const { createRequire } = process.getBuiltinModule("node:module");
    const { parseSync } = createRequire(import.meta.url)("oxc-parser") as { parseSync: Parse };
    return parseSync;
  } catch (cause) {
    throw new CaptureError("the parser, package oxc-parser, cannot be loaded", {
      cause,
      hint: "install oxc-parser; or bundle with the plugin ts-ebpf/plugin, which parses when it bundles",
    });
  }
}
