/**
 * The error of functions that cannot be compiled: all that is wrong with them, at once.
 * @module
 */
import { placeName } from "../base/code-frame.ts";
import { BpfError } from "../base/errors.ts";

/** One thing that is wrong, and where. */
export interface Diagnostic {
  /** Path as people shall see it. */
  readonly file: string;
  /** From 1 up. */
  readonly line: number;
  /** From 1 up. */
  readonly column: number;
  readonly message: string;
  /** What to write instead. */
  readonly hint: string | undefined;
  /** The line of the source with the place marked below it. */
  readonly frame: string;
}

/** A function marked "use bpf" holds what the compiler cannot compile. */
export class CompileError extends BpfError {
  override readonly name = "CompileError";
  readonly code = "COMPILE_ERROR";
  /** Everything that was found, in the order of the source; at least one. */
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[]) {
    super(messageOf(diagnostics));
    this.diagnostics = diagnostics;
  }
}

function messageOf(diagnostics: readonly Diagnostic[]): string {
  if (diagnostics.length === 0) return "the function cannot be compiled";
  return diagnostics.map((each) => formatDiagnostic(each).join("\n")).join("\n\n");
}

/** A diagnostic as lines of text: place and message, the frame, the hint. */
export function formatDiagnostic(diagnostic: Diagnostic): readonly string[] {
  const { message, hint, frame } = diagnostic;
  const lines = [`${placeName(diagnostic)} - error: ${message}`, "", ...frame.split("\n")];
  return hint === undefined ? lines : [...lines, "", `  hint: ${hint}`];
}
