/**
 * Opening a file with programs: finding its library, running it, and taking what it exports.
 * @module
 */
import { accessSync, constants, type Stats, statSync } from "node:fs";
import { resolve } from "node:path";
import { type CollectionSpec, InvalidArgumentError } from "ts-ebpf";
import { fileError } from "../file/file-error.ts";
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
  const { library, exports } = await importProgramFile(path);
  return { library, specs: exportedSpecs(exports, { file: path, names }) };
}

/** A file that was run, and all that it exports. */
export interface ImportedFile {
  readonly library: Library;
  readonly exports: Readonly<Record<string, unknown>>;
}

/**
 * Runs the file at `path`; once more when it was opened before.
 * @throws {InvalidArgumentError} when there is no such file; {@link CaptureError} when it cannot be parsed.
 */
export async function importProgramFile(path: string): Promise<ImportedFile> {
  assertProgramFile(path);
  const library = libraryFor(path);
  return { library, exports: await library.compiler.importModule(resolve(path)) };
}

/** @throws {InvalidArgumentError} when Node would not know what to do with the file at `path`. */
function assertProgramFile(path: string): void {
  const found = statOf(path);
  if (found?.isFile() !== true) {
    const problem =
      found?.isDirectory() === true ? `${path} is a folder` : `there is no file ${path}`;
    throw new InvalidArgumentError(problem, {
      hint: "give a file of TypeScript or JavaScript that exports programs",
    });
  }
  if (!/\.[cm]?[jt]s$/.test(path)) {
    throw new InvalidArgumentError(`${path} is no file of TypeScript or JavaScript, by its name`, {
      hint: 'object files are for "ts-ebpf object" and "ts-ebpf disasm", C for "ts-ebpf build"',
    });
  }
  assertReadable(path);
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    throw fileError(error, { action: "read", path });
  }
}

function assertReadable(path: string): void {
  try {
    accessSync(path, constants.R_OK);
  } catch (error) {
    throw fileError(error, { action: "read", path });
  }
}
