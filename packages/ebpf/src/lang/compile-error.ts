/**
 * The error of functions that cannot be compiled: all that is wrong with them, at once.
 * @module
 */
import { BpfError } from "../base/errors.ts";
import { plural } from "../base/text.ts";

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

  protected override details(): readonly string[] {
    return this.diagnostics.flatMap(formatDiagnostic);
  }
}

function messageOf(diagnostics: readonly Diagnostic[]): string {
  const [first, ...more] = diagnostics;
  if (first === undefined) return "the function cannot be compiled";
  const rest = more.length === 0 ? "" : ` (and ${plural(more.length, "more error")})`;
  return `${first.file}:${first.line}:${first.column}: ${first.message}${rest}`;
}

/** A diagnostic as lines of text: place and message, the frame, the hint. */
export function formatDiagnostic(diagnostic: Diagnostic): readonly string[] {
  const { file, line, column, message, hint, frame } = diagnostic;
  const lines = [`${file}:${line}:${column}: ${message}`, "", ...frame.split("\n"), ""];
  return hint === undefined ? lines : [...lines, `  hint: ${hint}`, ""];
}
