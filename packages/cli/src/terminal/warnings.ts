/**
 * Warnings of a compiler, for people.
 * @module
 */
import type { Diagnostic } from "ts-ebpf/compiler";
import { paintFor } from "./colour.ts";

/** Writes the warnings one after the other, each with its line of the source. */
export function writeWarnings(
  warnings: readonly Diagnostic[],
  stderr: Parameters<typeof paintFor>[0],
): void {
  const paint = paintFor(stderr, "yellow");
  for (const { file, line, column, message, frame } of warnings) {
    stderr.write(`${file}:${line}:${column} - ${paint("warning")}: ${message}\n\n${frame}\n\n`);
  }
}
