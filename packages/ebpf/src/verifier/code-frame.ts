/**
 * A line of source with a mark under one place in it.
 * @module
 */
import type { SourceLine } from "../isa/instruction.ts";

/**
 * The line with its number, and below it a caret at the column:
 *
 * ```text
 *     9 |   v.value += 1n;
 *       |   ^
 * ```
 */
export function codeFrame({ line, column, text }: SourceLine): readonly string[] {
  const number = String(line).padStart(5);
  const before = text.slice(0, Math.max(0, column - 1));
  // tabs stay tabs, so that the caret is in place whatever their width
  const gap = before.replace(/[^\t]/g, " ").padEnd(Math.min(column - 1, text.length));
  return [`${number} | ${text}`.trimEnd(), `${" ".repeat(number.length)} | ${gap}^`];
}

/** `file:line:column`, as editors and terminals make links of it. */
export function placeName({ file, line, column }: SourceLine): string {
  return `${file}:${line}:${column}`;
}
