/**
 * A line of source with a mark under a part of it: how all errors with a place in a source show it.
 * @module
 */

/** A place in a source text. */
export interface SourcePlace {
  /** Path as people shall see it. */
  readonly file: string;
  /** From 1 up. */
  readonly line: number;
  /** From 1 up. */
  readonly column: number;
  /** The line itself. */
  readonly text: string;
}

/**
 * The line with its number, and below it carets under `length` characters from the column on, as far as the line goes:
 *
 * ```text
 *     9 |   v.value += 1n;
 *       |   ^^^^^^^
 * ```
 */
export function codeFrame(
  { line, column, text }: Omit<SourcePlace, "file">,
  length = 1,
): readonly string[] {
  const number = String(line).padStart(5);
  const before = text.slice(0, Math.max(0, column - 1));
  // tabs stay tabs, so that the caret is in place whatever their width
  const gap = before.replace(/[^\t]/g, " ").padEnd(Math.min(column - 1, text.length));
  const marks = "^".repeat(Math.max(1, Math.min(length, text.length - gap.length)));
  return [`${number} | ${text}`.trimEnd(), `${" ".repeat(number.length)} | ${gap}${marks}`];
}

/** `file:line:column`, as editors and terminals make links of it. */
export function placeName({ file, line, column }: Omit<SourcePlace, "text">): string {
  return `${file}:${line}:${column}`;
}
