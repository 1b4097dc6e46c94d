/**
 * Errors of the source, collected with their places.
 *
 * A rule that cannot go on throws a `CompileFailure`; the statement it is in is given up and the next one lowered, so
 * that one run reports all that is wrong. Places are offsets until here.
 * @module
 */
import { codeFrame } from "../../base/code-frame.ts";
import type { SourceLine } from "../../isa/instruction.ts";
import type { Diagnostic } from "../compile-error.ts";
import type { SourceText } from "../source/source-function.ts";

/** Ends the lowering of a statement. Without a diagnostic it follows from an error that was reported before. */
export class CompileFailure extends Error {
  readonly diagnostic: Diagnostic | undefined;

  constructor(diagnostic?: Diagnostic) {
    super(diagnostic?.message ?? "follows from an earlier error");
    this.diagnostic = diagnostic;
  }
}

/** A part of a source text, by UTF-16 offsets. */
export interface SourceRange {
  readonly start: number;
  readonly end: number;
}

/** The errors of one program. */
export class Diagnostics {
  readonly #found: Diagnostic[] = [];
  readonly #texts = new Map<SourceText, LineIndex>();

  /** Everything found so far, in the order of the source. */
  get all(): readonly Diagnostic[] {
    return this.#found.toSorted(
      (left, right) => left.line - right.line || left.column - right.column,
    );
  }

  /** Keeps an error, unless the same is known of the same place. */
  add(diagnostic: Diagnostic): void {
    const isKnown = this.#found.some(
      ({ file, line, column, message }) =>
        file === diagnostic.file &&
        line === diagnostic.line &&
        column === diagnostic.column &&
        message === diagnostic.message,
    );
    if (!isKnown) this.#found.push(diagnostic);
  }

  /** Keeps what a failure says, if it says something new. */
  note(failure: CompileFailure): void {
    if (failure.diagnostic !== undefined) this.add(failure.diagnostic);
  }

  /** A diagnostic for a part of a text. */
  at(
    source: SourceText,
    range: SourceRange,
    { message, hint }: { readonly message: string; readonly hint?: string | undefined },
  ): Diagnostic {
    const { file, line, column, text } = this.lineAt(source, range.start);
    const frame = codeFrame({ line, column, text }, range.end - range.start).join("\n");
    return { file, line, column, message, hint, frame };
  }

  /** The line that holds an offset. */
  lineAt(source: SourceText, offset: number): SourceLine {
    let index = this.#texts.get(source);
    if (index === undefined) this.#texts.set(source, (index = new LineIndex(source.text)));
    return { file: source.path, ...index.at(offset) };
  }
}

/** Starts of lines, to find the line of an offset in few steps. */
class LineIndex {
  readonly #text: string;
  readonly #starts: number[] = [0];

  constructor(text: string) {
    this.#text = text;
    for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) {
      this.#starts.push(at + 1);
    }
  }

  at(offset: number): Omit<SourceLine, "file"> {
    let [low, high] = [0, this.#starts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    const start = this.#starts[low]!;
    const end = this.#starts[low + 1] ?? this.#text.length + 1;
    const text = this.#text.slice(start, end - 1).replace(/\r$/, "");
    return { line: low + 1, column: offset - start + 1, text };
  }
}
