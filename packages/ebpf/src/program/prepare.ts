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
import { NotSupportedError, SyscallError } from "../kernel/errors.ts";
import { isAtLeast } from "../kernel/feature.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { FileBtfs } from "../kernel/file-btfs.ts";
import { loadBtf } from "../kernel/load-btf.ts";
import { relocateProgram, type RelocationReport } from "../relocate/core.ts";
import type { CoreCandidates } from "../relocate/core-target.ts";
import { fileTables } from "../relocate/file-tables.ts";
import { programBtf, type ProgramBtf } from "../relocate/program-btf.ts";
import type { ProgramSpec } from "../spec/program-spec.ts";
import type { KernelSymbols } from "./externs.ts";
import { kernelBtf } from "./kernel-btf.ts";
import { moduleTypes } from "./module-types.ts";
import type { Program } from "./program.ts";
import type { VerifierLogOptions } from "./verifier-log.ts";

/** Options of loading a program. */
export interface LoadProgramOptions {
  /**
   * Types the program was compiled with, when they are not those of the kernel it is loaded into: its relocations
   * bring it from there to here.
   */
  readonly types?: Btf | undefined;
  /**
   * Who puts what depends on the kernel into the instructions: this library, or the kernel by itself (Linux 5.17; on
   * older ones the library does). Left out: the library, but the kernel when `types` are given, or the program was compiled
   * ahead of time and nothing is asked about its relocations; what the kernel refuses then, the library tries.
   */
  readonly relocator?: "library" | "kernel" | undefined;
  /** Types of the kernel, where it has none of its own, or others shall be believed; for the library's relocations. */
  readonly btf?: Btf | undefined;
  /** Is told what the library did for each relocation, in the order of the relocations. */
  readonly report?: ((done: ProgramRelocation) => void) | undefined;
  /** Asks for the verifier's log of programs that are accepted; loading takes longer then. */
  readonly verifierLog?: VerifierLogOptions | undefined;
  /** The program that a replacement, or one on functions of programs, is for. */
  readonly replaces?: Program | undefined;
  /** Types of object files that are loaded by now; those of `spec` are loaded for it alone when left out. */
  readonly fileBtfs?: FileBtfs | undefined;
  /** The kernel's symbols, which the programs loaded before it have read. */
  readonly symbols?: KernelSymbols | undefined;
  /** What the relocations of the programs loaded before it have found out. */
  readonly candidates?: CoreCandidates | undefined;
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
  /** Why instructions cannot be run on this kernel, by their indexes before the relocation. */
  readonly lacking: ReadonlyMap<number, string>;
}

const nothing: ReadonlyMap<number, string> = new Map();

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
  const { types, relocator } = options;
  const isKernels =
    relocator === "kernel" ||
    (relocator === undefined && (types !== undefined || isDescribed(spec, options)));
  const left = isKernels ? leftToKernel(kernel, spec, options) : undefined;
  if (left !== undefined) return left;
  const { spec: relocated, lacking } = relocateHere(kernel, spec, options);
  const original = withFileTypes(kernel, relocated, options);
  if (original !== undefined) return { ...original, lacking };
  const described = programBtf(relocated);
  const { instructions } = relocated;
  if (described === undefined) return { instructions, attributes: {}, lacking };
  return { ...withBtf(kernel, described, options.resources), lacking };
}

/** Whether the kernel is to relocate a program of which all is said that it needs for that. */
export function isDescribed(
  { description }: ProgramSpec,
  { relocator, types, btf, report }: LoadProgramOptions,
): boolean {
  const isAsked = relocator !== undefined || types !== undefined || btf !== undefined;
  return description !== undefined && !isAsked && report === undefined;
}

/**
 * The program with the relocations that the kernel shall do: those of its object file as they are, else described in terms
 * of the types it was compiled with. `undefined` when the kernel cannot, or there are no such types.
 */
function leftToKernel(
  kernel: Kernel,
  spec: ProgramSpec,
  options: PrepareOptions,
): PreparedProgram | undefined {
  if (!isAtLeast(kernel.version, kernelRelocatesSince)) return undefined;
  const ahead = options.types === undefined ? describedAhead(kernel, spec, options) : undefined;
  if (ahead !== undefined) return ahead;
  const types = options.types ?? spec.relocations?.find((site) => site.local)?.local?.types;
  if (types === undefined) return undefined;
  const original =
    options.types === undefined
      ? withFileTypes(kernel, spec, options, "with relocations")
      : undefined;
  const described = original === undefined ? programBtf(spec, { types }) : undefined;
  const found = original ?? (described && withBtf(kernel, described, options.resources));
  return found && { ...found, lacking: nothing };
}

/** The program as it was described when it was compiled; `undefined` when the kernel does not take these types. */
function describedAhead(
  kernel: Kernel,
  { instructions, description }: ProgramSpec,
  { resources }: PrepareOptions,
): PreparedProgram | undefined {
  if (description === undefined) return undefined;
  try {
    return { ...withBtf(kernel, { instructions, ...description }, resources), lacking: nothing };
  } catch (error) {
    if (error instanceof SyscallError || error instanceof NotSupportedError) return undefined;
    throw error;
  }
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

type ProgramWithBtf = Omit<PreparedProgram, "lacking">;

/** The program with the types of its object file; `undefined` when it has none, or the kernel does not take them. */
function withFileTypes(
  kernel: Kernel,
  { fileTypes, ...program }: ProgramSpec,
  { fileBtfs, resources }: PrepareOptions,
  relocations?: "with relocations",
): ProgramWithBtf | undefined {
  if (fileTypes === undefined || !isAtLeast(kernel.version, programsHaveBtfSince)) return undefined;
  const types = (fileBtfs ?? resources.use(new FileBtfs(kernel))).of(fileTypes);
  const tables = fileTables(program, types, relocations);
  const progBtf = tables && types.handle;
  if (progBtf === undefined) return undefined;
  return { instructions: program.instructions, attributes: { progBtf, ...tables } };
}

function withBtf(
  kernel: Kernel,
  { instructions, btf, ...tables }: ProgramBtf,
  resources: DisposableStack,
): ProgramWithBtf {
  if (!isAtLeast(kernel.version, programsHaveBtfSince)) return { instructions, attributes: {} };
  const progBtf = resources.use(loadBtf(kernel, btf));
  return { instructions, attributes: { progBtf, ...tables } };
}

/** The program for the kernel it is loaded into, and what that lacks. */
function relocateHere(
  kernel: Kernel,
  spec: ProgramSpec,
  { report, btf, candidates }: LoadProgramOptions,
): { readonly spec: ProgramSpec; readonly lacking: ReadonlyMap<number, string> } {
  if ((spec.relocations ?? []).length === 0) return { spec, lacking: nothing };
  const lacking = new Map<number, string>();
  const reporter = report && ((done: RelocationReport) => report({ program: spec.name, ...done }));
  const relocated = relocateProgram(spec, {
    target: btf ?? kernelBtf(kernel),
    modules: btf === undefined ? () => moduleTypes(kernel).map(({ types }) => types) : undefined,
    candidates,
    report: reporter,
    refuse: (index, why) => lacking.set(index, why),
  });
  return { spec: relocated, lacking };
}
