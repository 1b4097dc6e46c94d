/**
 * Opening a file with programs: finding its library, running it, and taking what it exports.
 * @module
 */
import { statSync } from "node:fs";
import { resolve } from "node:path";
import { type CollectionSpec, InvalidArgumentError } from "ts-ebpf";
import { exportedSpecs } from "./exported-specs.ts";
import { type Library, libraryFor } from "./library.ts";

/** A file with programs, and what it exports. */
export interface ProgramFile {
  readonly library: Library;
  readonly specs: CollectionSpec;
}

/**
 * The programs `names` of the file at `path`, all when there are none, and its maps. The file runs; once more when it
 * was opened before.
 * @throws {InvalidArgumentError} when there is no such file, or it does not export them; {@link CaptureError} when it
 * cannot be parsed; whatever the file throws.
 */
export async function openProgramFile(
  path: string,
  names: readonly string[] = [],
): Promise<ProgramFile> {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isFile() !== true) {
    throw new InvalidArgumentError(`there is no file ${path}`, {
      hint: "give a file of TypeScript or JavaScript that exports programs",
    });
  }
  const library = libraryFor(path);
  const exports = await library.compiler.importModule(resolve(path));
  return { library, specs: exportedSpecs(exports, { file: path, names }) };
}
