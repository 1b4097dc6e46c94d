/**
 * Specifications of probes on programs and libraries of user space.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";
import type { Instruction } from "../isa/instruction.ts";
import type { KernelResult } from "./context/loose.ts";
import type { ProbeContext } from "./context/probe.ts";
import { type ProgramCode, programOf } from "./context-program.ts";
import type { ProgramOptions, ProgramSpec, UprobeTarget } from "./program-spec.ts";
import type { SourceProgramSpec } from "./source-program.ts";

/** Where a probe goes. */
export interface UprobePlace {
  /** The program or library. */
  readonly path: string;
  /** A function in it. */
  readonly symbol?: string;
  /** Bytes from the function's start, or without a function from the start of the file. */
  readonly offset?: number;
  /** Only this process; every one when left out. */
  readonly pid?: number;
}

/**
 * A program that runs when a place in a program or library is reached; its context are the registers.
 * Minimum kernel 4.3.
 * @throws {InvalidArgumentError} when `place` has neither a function nor an offset.
 */
export function uprobe(
  place: UprobePlace,
  instructions: readonly Instruction[],
  options?: ProgramOptions,
): ProgramSpec<UprobeTarget>;
export function uprobe(
  place: UprobePlace,
  code: (context: ProbeContext) => KernelResult,
  options?: ProgramOptions,
): SourceProgramSpec<UprobeTarget>;
export function uprobe(
  place: UprobePlace,
  code: ProgramCode,
  options: ProgramOptions = {},
): ProgramSpec<UprobeTarget> | SourceProgramSpec<UprobeTarget> {
  return programOf({ type: "kprobe", target: targetOf("uprobe", place), ...options }, code);
}

/**
 * A program that runs when a function of a program or library returns; its context are the registers.
 * Minimum kernel 4.3.
 * @throws {InvalidArgumentError} when `place` has neither a function nor an offset.
 */
export function uretprobe(
  place: UprobePlace,
  instructions: readonly Instruction[],
  options?: ProgramOptions,
): ProgramSpec<UprobeTarget>;
export function uretprobe(
  place: UprobePlace,
  code: (context: ProbeContext) => KernelResult,
  options?: ProgramOptions,
): SourceProgramSpec<UprobeTarget>;
export function uretprobe(
  place: UprobePlace,
  code: ProgramCode,
  options: ProgramOptions = {},
): ProgramSpec<UprobeTarget> | SourceProgramSpec<UprobeTarget> {
  return programOf({ type: "kprobe", target: targetOf("uretprobe", place), ...options }, code);
}

function targetOf(
  kind: UprobeTarget["kind"],
  { path, symbol, offset, pid }: UprobePlace,
): UprobeTarget {
  if (symbol === undefined && offset === undefined) {
    throw new InvalidArgumentError(`a probe in ${path} says neither function nor offset`, {
      hint: 'name a function: { path: "/usr/bin/node", symbol: "main" }',
    });
  }
  return { kind, path, symbol, offset: offset ?? 0, pid };
}
