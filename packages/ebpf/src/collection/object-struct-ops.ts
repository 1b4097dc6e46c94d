/**
 * Structs of functions of object files, as far as a kernel has them.
 *
 * A file may be for newer kernels, whose structs have more functions than this one's. What is set to a program there is left
 * out here, and so are programs that are in no struct then. Source: `bpf_map__init_kern_struct_ops` and
 * `bpf_object_adjust_struct_ops_autoload` in tools/lib/bpf/libbpf.c since libbpf 1.5. A struct that the kernel has not at all
 * is left out where no program is in it: libbpf since 1.2 refuses the file then, older ones pass over `.struct_ops.link`.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";
import { NotSupportedError } from "../kernel/errors.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { type KernelStructOps, kernelStructOps } from "../program/kernel-struct-ops.ts";
import type { CollectionSpec } from "../spec/collection-spec.ts";
import type { StructOpsSpec } from "../spec/struct-ops.ts";

type ObjectPart = CollectionSpec[string];
type Parts = ReadonlyMap<string, ObjectPart>;

/** Parts of an object file as a kernel can have them. */
export interface KernelParts {
  readonly parts: Parts;
  /** What this kernel lacks for the structs that are not among them, by their names. */
  readonly leftOut: ReadonlyMap<string, NotSupportedError>;
}

/**
 * `parts` without members of structs of functions that this kernel does not have, and without the programs that only those
 * were set to; and without structs that it does not have and that no program is in, unless `autoload` says `true` of one.
 * @throws {InvalidArgumentError} when it has no such struct at all, and programs are in it.
 */
export function withKernelMembers(kernel: Kernel, parts: Parts): KernelParts {
  const structs = structsOf(parts);
  const leftOut = new Map(
    structs.flatMap(([name, spec]) => {
      const lack = isDispensable(spec) ? lackOf(kernel, name, spec) : undefined;
      return lack === undefined ? [] : [[name, lack] as const];
    }),
  );
  const kept = structs
    .filter(([name]) => !leftOut.has(name))
    .map(([name, spec]) => [name, membersHere(kernel, name, spec)] as const);
  const known = programNames(structs);
  const used = programNames(kept);
  const rest = [...parts].filter(([name, { kind }]) => {
    return kind !== "struct-ops" && (used.has(name) || !known.has(name));
  });
  return { parts: new Map([...rest, ...kept]), leftOut };
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

/** Whether nothing would be called by it, and nobody asked for it by its name. */
function isDispensable({ programs, autoload }: StructOpsSpec): boolean {
  return autoload === undefined && Object.keys(programs).length === 0;
}

/** What `kernel` lacks for the struct called `name`; `undefined` when it has its type. */
function lackOf(
  kernel: Kernel,
  name: string,
  { type }: StructOpsSpec,
): NotSupportedError | undefined {
  try {
    kernelStructOps(kernel, type);
    return undefined;
  } catch (cause) {
    if (!(cause instanceof InvalidArgumentError)) throw cause;
    const feature = `structs of functions "${type}", of which "${name}" is one`;
    const instead = cause.hint === undefined ? "" : `; ${cause.hint}`;
    const hint = `load the module that has it before the file, or take a newer kernel${instead}`;
    return new NotSupportedError(feature, { cause, hint });
  }
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
