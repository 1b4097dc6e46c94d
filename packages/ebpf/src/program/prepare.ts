/**
 * What a program needs in the kernel before it is loaded: relocated instructions, and BTF about itself.
 *
 * Relocations are looked up in the kernel's BTF and put into the instructions here. Only a program that was compiled
 * with the types of another kernel is left to the kernel to relocate, where that can do it (Linux 5.17).
 * @module
 */
import type { Btf } from "../btf/btf.ts";
import type { Instruction } from "../isa/instruction.ts";
import type { ProgLoad } from "../kernel/commands.ts";
import { isAtLeast } from "../kernel/feature.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { relocateCore } from "../relocate/core.ts";
import { programBtf, type ProgramBtf } from "../relocate/program-btf.ts";
import type { ProgramSpec } from "../spec/program-spec.ts";
import { kernelBtf } from "./kernel-btf.ts";
import type { Program } from "./program.ts";

/** Options of loading a program. */
export interface LoadProgramOptions {
  /**
   * Types the program was compiled with, when they are not those of the kernel it is loaded into: its relocations
   * bring it from there to here.
   */
  readonly types?: Btf | undefined;
  /** The program that a replacement, or one on functions of programs, is for. */
  readonly replaces?: Program | undefined;
}

/** A program ready to be encoded, with the attributes that go along with it. */
export interface PreparedProgram {
  readonly instructions: readonly Instruction[];
  readonly attributes: Pick<ProgLoad, "progBtf" | "funcInfo" | "lineInfo" | "coreRelos">;
}

/**
 * Prepares the program of `spec`. Its BTF is put into `resources`, which is to be kept until the program is loaded and
 * closed then: the program holds on to its BTF by itself.
 * @throws {InvalidArgumentError} when a relocation has no place in its instruction.
 * @throws {NotSupportedError} when there are relocations and the kernel has no BTF.
 */
export function prepareProgram(
  kernel: Kernel,
  spec: ProgramSpec,
  { types, resources }: LoadProgramOptions & { readonly resources: DisposableStack },
): PreparedProgram {
  const isKernels = types !== undefined && isAtLeast(kernel.version, kernelRelocatesSince);
  const relocated = isKernels ? undefined : relocateHere(kernel, spec, types);
  const described = describe(spec, relocated, types);
  if (described === undefined) {
    return { instructions: relocated ?? relocateHere(kernel, spec, types), attributes: {} };
  }
  const { instructions, btf, ...tables } = described;
  const progBtf = resources.use(kernel.bpf("btfLoad", { btf }));
  return { instructions, attributes: { progBtf, ...tables } };
}

/** First version that takes relocations with a program. */
const kernelRelocatesSince = [5, 17] as const;

/** The program's BTF, with relocations for the kernel unless they are done. */
function describe(
  spec: ProgramSpec,
  relocated: readonly Instruction[] | undefined,
  types: Btf | undefined,
): ProgramBtf | undefined {
  return relocated === undefined
    ? programBtf(spec, { types })
    : programBtf({ ...spec, instructions: relocated });
}

function relocateHere(
  kernel: Kernel,
  { instructions, relocations = [] }: ProgramSpec,
  types: Btf | undefined,
): readonly Instruction[] {
  if (relocations.length === 0) return instructions;
  return relocateCore(instructions, relocations, { target: kernelBtf(kernel), local: types });
}
