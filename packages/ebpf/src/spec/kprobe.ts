/**
 * Specifications of probes on functions of the kernel.
 * @module
 */
import type { Instruction } from "../isa/instruction.ts";
import type { FunctionIn, KernelResult } from "./context/loose.ts";
import type { ProbeContext } from "./context/probe.ts";
import type { KernelFunctions } from "./context/tracing.ts";
import { type ProgramCode, programOf } from "./context-program.ts";
import type { KprobeTarget, ProgramOptions, ProgramSpec } from "./program-spec.ts";
import type { SourceProgramSpec } from "./source-program.ts";

/** Options of {@link kprobe}. */
export interface KprobeOptions extends ProgramOptions {
  /** Bytes from the start of the function; 0 when left out. Then the arguments are where they were passed. */
  readonly offset?: number;
}

/**
 * A program that runs when a function of the kernel is called. Instructions get the registers, `struct pt_regs`; a
 * function gets the arguments, from the registers the machine passes them in. Minimum kernel 4.1.
 */
export function kprobe(
  symbol: string,
  instructions: readonly Instruction[],
  options?: KprobeOptions,
): ProgramSpec<KprobeTarget>;
export function kprobe<Name extends string>(
  symbol: Name,
  code: FunctionIn<KernelFunctions, Name>,
  options?: KprobeOptions,
): SourceProgramSpec<KprobeTarget>;
export function kprobe(
  symbol: string,
  code: ProgramCode,
  { offset = 0, ...options }: KprobeOptions = {},
): ProgramSpec<KprobeTarget> | SourceProgramSpec<KprobeTarget> {
  const target = { kind: "kprobe", symbol, offset } as const;
  return programOf({ type: "kprobe", target, ...options }, code);
}

/** A program that runs when a function of the kernel returns; its context are the registers. Minimum kernel 4.1. */
export function kretprobe(
  symbol: string,
  instructions: readonly Instruction[],
  options?: ProgramOptions,
): ProgramSpec<KprobeTarget>;
export function kretprobe(
  symbol: string,
  code: (context: ProbeContext) => KernelResult,
  options?: ProgramOptions,
): SourceProgramSpec<KprobeTarget>;
export function kretprobe(
  symbol: string,
  code: ProgramCode,
  options: ProgramOptions = {},
): ProgramSpec<KprobeTarget> | SourceProgramSpec<KprobeTarget> {
  const target = { kind: "kretprobe", symbol, offset: 0 } as const;
  return programOf({ type: "kprobe", target, ...options }, code);
}
