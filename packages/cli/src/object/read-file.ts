/**
 * Reading object files for the commands.
 * @module
 */
import type { MapSpec, ProgramSpec, StructOpsSpec } from "ts-ebpf";
import { type ObjectFile, type ObjectSpec, readObject } from "ts-ebpf/object";
import { readFile } from "../file/read-file.ts";

/** An object file that was read. */
export interface OpenedObject extends ObjectFile {
  readonly spec: ObjectSpec;
  readonly programs: readonly ProgramSpec[];
  readonly maps: readonly MapSpec[];
  readonly structOps: readonly StructOpsSpec[];
}

/**
 * The bytes of the file at `path`.
 * @throws {InvalidArgumentError} when there is no such file.
 */
export function readObjectFile(path: string): ObjectFile {
  const hint = 'give an object file, as "ts-ebpf build" and clang make them';
  return { path, bytes: readFile(path, hint) };
}

/**
 * The file at `path` with what is in it.
 * @throws {MalformedError} when it is damaged, or no object file of BPF.
 */
export function openObjectFile(path: string): OpenedObject {
  const { bytes } = readObjectFile(path);
  const spec = readObject(bytes, path);
  const all = Object.values(spec);
  return {
    path,
    bytes,
    spec,
    programs: all.filter((one) => one.kind === "program"),
    maps: all.filter((one) => one.kind === "map"),
    structOps: all.filter((one) => one.kind === "struct-ops"),
  };
}
