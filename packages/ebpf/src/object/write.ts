/**
 * Writing object files: what is built in TypeScript becomes what a compiler of C would have made.
 *
 * The file holds what the specs say in the ways loaders agree on: programs in sections named after what they attach to,
 * maps as types, variables in data sections, and relocations between them. It is for every kernel, so what depends on
 * one stays a relocation. What loaders of such files have no way to do is refused here.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";
import type { TypeSource } from "../btf/type-source.ts";
import { identifier } from "../relocate/identifier.ts";
import {
  CollectionParts,
  type AnyProgramSpec,
  type CollectionSpec,
} from "../spec/collection-spec.ts";
import { isGlobalSpec } from "../spec/map-spec.ts";
import type { ProgramSpec } from "../spec/program-spec.ts";
import { placePrograms } from "./code-layout.ts";
import { isDefined } from "./map-definition.ts";
import { ObjectWriter } from "./object-writer.ts";
import { variableSections } from "./variable-layout.ts";

/** Options of {@link writeObject}. */
export interface WriteObjectOptions {
  /**
   * Types of the kernel that the programs were compiled with: for relocations, and what they use of it by name.
   * Programs without such things do without, and so do those of object files, which have types of their own.
   */
  readonly kernel?: TypeSource | undefined;
}

/**
 * An object file of BPF with the maps and programs of `spec`, as bpftool, libbpf and cilium/ebpf load it, for machines
 * with the byte order of this one.
 *
 * Variables become parts of `.rodata`, `.data` and `.bss`, or of the sections that they were read from, and start with the
 * values they have now. Settings of the kernel stay what whoever loads the file fills in.
 * @throws {InvalidArgumentError} when a program cannot be said in such a file, uses what is not in `spec`, or refers
 * to something by number; when two things have one name; when the programs have different licences.
 */
export function writeObject(
  spec: CollectionSpec,
  options: WriteObjectOptions = {},
): Uint8Array<ArrayBuffer> {
  const parts = new CollectionParts(spec);
  assertNoStructOps(parts);
  const maps = [...parts.maps.values()];
  const programs = [...parts.programs].map(([key, program]) => compiled(key, program));
  const writer = new ObjectWriter(options.kernel);
  writer.addCode(placePrograms(programs));
  writer.addMaps(maps.filter(isDefined), programsInArrays(parts));
  const variables = maps.filter(isGlobalSpec);
  writer.addVariables(variableSections(variables.filter(({ setting }) => setting === undefined)));
  writer.addSettings(variables.filter(({ setting }) => setting !== undefined));
  writer.addLicense(programs);
  return writer.finish();
}

/** @throws {InvalidArgumentError} when there is a struct of functions: its values are those of one kernel. */
function assertNoStructOps({ structOps }: CollectionParts): void {
  const [key] = structOps.keys();
  if (key === undefined) return;
  throw new InvalidArgumentError(
    `struct of functions "${key}" cannot be written into an object file`,
    {
      hint: "load it from TypeScript",
    },
  );
}

/** Names of the programs that arrays of programs hold, each at its index, by the names of the arrays. */
function programsInArrays({
  maps,
  programs,
  entries,
}: CollectionParts): ReadonlyMap<string, readonly string[]> {
  const held = new Map<string, string[]>();
  for (const { array, index, program } of entries) {
    const { name } = maps.get(array)!;
    const list = held.get(name) ?? [];
    list[index] = identifier(programs.get(program)!.name);
    held.set(name, list);
  }
  return held;
}

function compiled(key: string, program: AnyProgramSpec): ProgramSpec {
  if (program.kind !== "program") {
    throw new InvalidArgumentError(`program "${key}" is not compiled`, {
      hint: "compile it first: an object file holds instructions",
    });
  }
  const { instructions, functions = [], refusal } = program;
  const end = Math.max(0, ...functions.map(({ index }) => index));
  if (end < instructions.length) return program;
  throw new InvalidArgumentError(`a function of program "${key}" has no instructions`, {
    hint: refusal ?? "give it at least one, or leave it out",
  });
}
