/**
 * Specifications of iterators: programs that walk over objects of the kernel and write text about them.
 * @module
 */
import type { Instruction } from "../isa/instruction.ts";
import type { KernelResult, NameIn, TypeIn } from "./context/loose.ts";
import type { IteratorRecords } from "./context/tracing.ts";
import { type ProgramCode, programOf } from "./context-program.ts";
import type { MapSpec } from "./map-spec.ts";
import type { IterTarget, ProgramOptions, ProgramSpec } from "./program-spec.ts";
import type { SourceProgramSpec } from "./source-program.ts";

/** Options of {@link iter}. */
export interface IterOptions extends ProgramOptions {
  /** The map whose elements, sockets or values are walked over. Left out: given when attaching, where there is one. */
  readonly map?: MapSpec;
}

/**
 * A program that runs for each object of a kind: `task`, `task_file`, `tcp`, `bpf_map`… and once more at the end, with
 * no object. What it writes (`bpf.seqPrintf`, `bpf.seqWrite`) is read from the iterators of its link. Minimum kernel 5.8.
 */
export function iter(
  name: string,
  instructions: readonly Instruction[],
  options?: IterOptions,
): ProgramSpec<IterTarget>;
export function iter<Name extends NameIn<IteratorRecords>>(
  name: Name,
  code: (context: TypeIn<IteratorRecords, Name>) => KernelResult,
  options?: IterOptions,
): SourceProgramSpec<IterTarget>;
export function iter(
  name: string,
  code: ProgramCode,
  { map, ...options }: IterOptions = {},
): ProgramSpec<IterTarget> | SourceProgramSpec<IterTarget> {
  const target = { kind: "iter", name, map: map?.name } as const;
  return programOf({ type: "tracing", target, expectedAttachType: "trace_iter", ...options }, code);
}
