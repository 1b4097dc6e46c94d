/**
 * Reading files that somebody named.
 * @module
 */
import { readFileSync } from "node:fs";
import { fileError } from "./file-error.ts";

/**
 * The bytes of the file at `path`; `hint` says what to do when there is none.
 * @throws {InvalidArgumentError} when there is no such file, or it cannot be read.
 */
export function readFile(path: string, hint: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw fileError(error, { action: "read", path, hint });
  }
}
