/**
 * Writing declarations: to a file, which is replaced at once and only when it would change, or to the standard output.
 *
 * Editors read the file at any time, and read all of it again when it changes.
 * @module
 */
import { readFileSync } from "node:fs";
import type { Context } from "../context.ts";
import { replaceFile } from "../file/replace-file.ts";

/** The standard output, in place of a file. */
const standardOutput = "-";

/** Writes `text` to the file `out`, or to the standard output; whether that holds something else than before. */
export function writeDeclarations(out: string, text: string, { stdout }: Context): boolean {
  if (out === standardOutput) {
    stdout.write(text);
    return true;
  }
  if (textAt(out) === text) return false;
  replaceFile(out, text);
  return true;
}

/** What is in the file, if anybody can tell; else writing says what is wrong. */
function textAt(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

/** What to call what was written. */
export function writtenName(out: string): string {
  return out === standardOutput ? "declarations" : out;
}

/** Where to say what was written: not among the declarations. */
export function reportStream(out: string, { stdout, stderr }: Context): NodeJS.WriteStream {
  return out === standardOutput ? stderr : stdout;
}
