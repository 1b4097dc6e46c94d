/**
 * Specifications of iterators: programs that walk over objects of the kernel and write text about them.
 * @module
 */
import { assertOptions, type Checks, isAnything, isName, isObject } from "../base/checks.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import type { Instruction } from "../isa/instruction.ts";
import type { KernelResult, NameIn, TypeIn } from "./context/loose.ts";
import type { IteratorRecords } from "./context/tracing.ts";
import { type ProgramCode, programOf } from "./context-program.ts";
import { isMapSpec, type MapSpec } from "./map-spec.ts";
import { programChecks } from "./program-checks.ts";
import {
  type IterOrder,
  type IterTarget,
  type ProgramOptions,
  type ProgramSpec,
} from "./program-spec.ts";
import { assertProcess } from "./process.ts";
import type { SourceProgramSpec } from "./source-program.ts";

/** Options of {@link iter}. */
export interface IterOptions extends ProgramOptions {
  /** The map whose elements, sockets or values are walked over. Left out: given when attaching, where there is one. */
  readonly map?: MapSpec;
  /** For `cgroup`: where to start, and where to go from there (minimum kernel 6.1). The topmost and all below if left out. */
  readonly cgroup?: { readonly folder: string; readonly order: IterOrder };
  /** For `task`, `task_file`, `task_vma`: only the tasks of this process, or only this thread. Minimum kernel 6.1. */
  readonly pid?: number;
  readonly tid?: number;
}

/**
 * A program that runs for each object of a kind: `task`, `task_file`, `tcp`, `bpf_map`… and once more at the end, with
 * no object. What it writes (`bpf.seqPrintf`, `bpf.seqWrite`) is read from the iterators of its link. Minimum kernel 5.8.
 * @throws {InvalidArgumentError} when it is bounded in several ways at once.
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
  options: IterOptions = {},
): ProgramSpec<IterTarget> | SourceProgramSpec<IterTarget> {
  isName(name, "the kind of objects to walk over");
  assertOptions(options, checks, `an iterator over ${name}`);
  const { map, cgroup, pid, tid, ...rest } = options;
  const bounds = Object.entries({ map: map?.name, cgroup, pid, tid });
  const given = bounds.filter(([, bound]) => bound !== undefined);
  if (given.length > 1) {
    const names = given.map(([bound]) => bound).join(" and ");
    throw new InvalidArgumentError(`iterator ${name} is bounded by ${names}`, {
      hint: "give one of them",
    });
  }
  assertProcess(pid);
  assertProcess(tid, "the number of a thread");
  const target: IterTarget = { kind: "iter", name, ...Object.fromEntries(given) };
  return programOf({ type: "tracing", target, expectedAttachType: "trace_iter", ...rest }, code);
}

const checks: Checks<IterOptions> = {
  ...programChecks,
  map: isMapSpec,
  cgroup: isObject,
  pid: isAnything,
  tid: isAnything,
};
