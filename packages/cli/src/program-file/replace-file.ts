/**
 * Writing a file so that it is the old one or the new one at any time, never a part of one.
 * @module
 */
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Writes `bytes` to `file`, whose folder is made when there is none.
 * @throws what the file system throws; then the old file is still there.
 */
export function replaceFile(file: string, bytes: Uint8Array): void {
  const beside = `${file}.${process.pid}.tmp`;
  mkdirSync(dirname(file), { recursive: true });
  try {
    writeFileSync(beside, bytes);
    renameSync(beside, file);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
}
