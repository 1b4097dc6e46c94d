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
import { loadBtf } from "../kernel/load-btf.ts";
import { relocateProgram, type RelocationReport } from "../relocate/core.ts";
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
  /**
   * Who puts what depends on the kernel into the instructions: this library, or the kernel by itself (Linux 5.17; on
   * older ones the library does). Left out: the library, but the kernel when `types` are given.
   */
  readonly relocator?: "library" | "kernel" | undefined;
  /** Types of the kernel, where it has none of its own, or others shall be believed; for the library's relocations. */
  readonly btf?: Btf | undefined;
  /** Is told what the library did for each relocation, in the order of the relocations. */
  readonly report?: ((done: ProgramRelocation) => void) | undefined;
  /** The program that a replacement, or one on functions of programs, is for. */
  readonly replaces?: Program | undefined;
}

/** What was done for one relocation of a program. */
export interface ProgramRelocation extends RelocationReport {
  /** Name of the program. */
  readonly program: string;
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
  options: PrepareOptions,
): PreparedProgram {
  const { types, relocator, resources } = options;
  const isKernels = relocator === "kernel" || (relocator === undefined && types !== undefined);
  const local = isKernels
    ? (types ?? spec.relocations?.find((site) => site.local)?.local?.types)
    : undefined;
  if (local !== undefined && isAtLeast(kernel.version, kernelRelocatesSince)) {
    const described = programBtf(spec, { types: local });
    if (described !== undefined) return withBtf(kernel, described, resources);
  }
  const relocated = relocateHere(kernel, spec, options);
  const described = programBtf(relocated);
  if (described === undefined) return { instructions: relocated.instructions, attributes: {} };
  return withBtf(kernel, described, resources);
}

/** How a program is prepared. */
export interface PrepareOptions extends LoadProgramOptions {
  /** Gets the program's BTF. */
  readonly resources: DisposableStack;
}

/** First version that takes relocations with a program. */
const kernelRelocatesSince = [5, 17] as const;
/** First version that takes BTF about a program. */
const programsHaveBtfSince = [5, 0] as const;

function withBtf(
  kernel: Kernel,
  { instructions, btf, ...tables }: ProgramBtf,
  resources: DisposableStack,
): PreparedProgram {
  if (!isAtLeast(kernel.version, programsHaveBtfSince)) return { instructions, attributes: {} };
  const progBtf = resources.use(loadBtf(kernel, btf));
  return { instructions, attributes: { progBtf, ...tables } };
}

/** The program for the kernel it is loaded into. */
function relocateHere(
  kernel: Kernel,
  spec: ProgramSpec,
  { report, btf }: LoadProgramOptions,
): ProgramSpec {
  if ((spec.relocations ?? []).length === 0) return spec;
  const done = report && ((one: RelocationReport): void => report({ program: spec.name, ...one }));
  return relocateProgram(spec, { target: btf ?? kernelBtf(kernel), report: done });
}
