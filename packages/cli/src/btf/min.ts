/**
 * What `btf min` does: read object files, and write what they need of a kernel's types.
 * @module
 */
import { minimizeBtf } from "ts-ebpf/object";
import type { Context } from "../context.ts";
import { openObjectFile } from "../object/read-file.ts";
import { replaceFile } from "../file/replace-file.ts";
import type { BtfMinOptions } from "./command.ts";
import { readBtfFile, runningKernel } from "./source.ts";

/**
 * Writes the part of a kernel's BTF that the object files at `paths` are relocated with.
 * @throws {InvalidArgumentError} when there is no such file; {@link MalformedError} when one is damaged.
 */
export function minimizeFor(
  paths: readonly string[],
  { btf = runningKernel, out, json }: BtfMinOptions,
  { stdout }: Context,
): void {
  const programs = paths.flatMap((path) => openObjectFile(path).programs);
  const relocations = programs.flatMap((program) => program.relocations ?? []);
  const bytes = minimizeBtf(readBtfFile(btf), relocations);
  replaceFile(out, bytes);
  const told = { file: out, bytes: bytes.length, relocations: relocations.length, for: paths };
  const size = bytes.length.toLocaleString("en");
  const text = `${out}: ${size} bytes for ${relocations.length} relocations`;
  stdout.write(`${json === true ? JSON.stringify(told) : text}\n`);
}
