/**
 * Writing a file so that it is the old one or the new one at any time, never a part of one.
 * @module
 */
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileError } from "./file-error.ts";

/**
 * Writes `content` to `file`, whose folder is made when there is none.
 * @throws {InvalidArgumentError} when it cannot be written; then the old file is still there.
 */
export function replaceFile(file: string, content: string | Uint8Array): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    appear(file, content);
  } catch (error) {
    throw fileError(error, { action: "write", path: file });
  }
}

function appear(file: string, content: string | Uint8Array): void {
  const beside = `${file}.${process.pid}.tmp`;
  try {
    writeFileSync(beside, content);
    renameSync(beside, file);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
}
