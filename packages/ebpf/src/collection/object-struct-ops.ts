/**
 * Structs of functions of object files, as far as a kernel has them.
 *
 * A file may be for newer kernels, whose structs have more functions than this one's. What is set to a program there is left
 * out here, and so are programs that are in no struct then. Source: `bpf_map__init_kern_struct_ops` and
 * `bpf_object_adjust_struct_ops_autoload` in tools/lib/bpf/libbpf.c since libbpf 1.5.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { type KernelStructOps, kernelStructOps } from "../program/kernel-struct-ops.ts";
import type { CollectionSpec } from "../spec/collection-spec.ts";
import type { StructOpsSpec } from "../spec/struct-ops.ts";

type ObjectPart = CollectionSpec[string];
type Parts = ReadonlyMap<string, ObjectPart>;

/**
 * `parts` without members of structs of functions that this kernel does not have, and without the programs that only those
 * were set to.
 * @throws {InvalidArgumentError} when it has no such struct at all.
 */
export function withKernelMembers(kernel: Kernel, parts: Parts): Parts {
  const structs = structsOf(parts);
  if (structs.length === 0) return parts;
  const kept = structs.map(([name, spec]) => [name, membersHere(kernel, name, spec)] as const);
  const known = programNames(structs);
  const used = programNames(kept);
  const rest = [...parts].filter(([name]) => used.has(name) || !known.has(name));
  return new Map([...rest, ...kept]);
}

/** Names of the programs that some struct among `parts` is set to which is loaded, but for the struct called `except`. */
export function programsInStructs(parts: Parts, except: string): ReadonlySet<string> {
  const others = structsOf(parts).filter(([name, { autoload = true }]) => {
    return name !== except && autoload;
  });
  return programNames(others);
}

type NamedStruct = readonly [name: string, spec: StructOpsSpec];

function structsOf(parts: Parts): readonly NamedStruct[] {
  return [...parts].flatMap(([name, part]): NamedStruct[] => {
    return part.kind === "struct-ops" ? [[name, part]] : [];
  });
}

function programNames(structs: readonly NamedStruct[]): ReadonlySet<string> {
  return new Set(
    structs.flatMap(([, { programs }]) => Object.values(programs).map(({ name }) => name)),
  );
}

function membersHere(kernel: Kernel, name: string, spec: StructOpsSpec): StructOpsSpec {
  const { members } = structOf(kernel, name, spec).struct;
  const here = new Set(members.map((member) => member.name));
  const programs = Object.entries(spec.programs).filter(([member]) => here.has(member));
  return { ...spec, programs: Object.fromEntries(programs) };
}

function structOf(kernel: Kernel, name: string, { type }: StructOpsSpec): KernelStructOps {
  try {
    return kernelStructOps(kernel, type);
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
    const instead = `leave it out: autoload: { ${name}: false }`;
    throw new InvalidArgumentError(`"${name}" is for another kernel: ${error.message}`, {
      cause: error,
      hint: error.hint === undefined ? instead : `${error.hint}; or ${instead}`,
    });
  }
}
