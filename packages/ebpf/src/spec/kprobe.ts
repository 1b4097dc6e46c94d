/**
 * Specifications of probes on functions of the kernel.
 * @module
 */
import { assertWhole } from "../base/arguments.ts";
import type { Instruction } from "../isa/instruction.ts";
import type { FunctionIn, KernelResult } from "./context/loose.ts";
import type { ProbeContext } from "./context/probe.ts";
import type { KernelFunctions } from "./context/tracing.ts";
import { type ProgramCode, programOf } from "./context-program.ts";
import { cookieOf } from "./cookie.ts";
import type { KprobeTarget, ProgramOptions, ProgramSpec } from "./program-spec.ts";
import type { SourceProgramSpec } from "./source-program.ts";

/** Options of {@link kretprobe}. */
export interface KretprobeOptions extends ProgramOptions {
  /**
   * What `bpf_get_attach_cookie` gives, to tell attachments apart. It needs the context, which functions that are given
   * arguments do not have; those of `kprobeMulti` and of return probes do. Minimum kernel 5.15.
   */
  readonly cookie?: number | bigint;
}

/** Options of {@link kprobe}. */
export interface KprobeOptions extends KretprobeOptions {
  /**
   * Bytes from the start of the function; 0 when left out. Only there the arguments are where they were passed: elsewhere a
   * function is given the registers.
   */
  readonly offset?: number;
}

/**
 * A program that runs when a function of the kernel is called: a name, of modules also `module:name`, or an address, as in
 * /proc/kallsyms. Instructions get the registers, `struct pt_regs`; a function gets the arguments, from the registers the
 * machine passes them in, or the registers where only an address is known. Minimum kernel 4.1.
 */
export function kprobe(
  place: string | bigint,
  instructions: readonly Instruction[],
  options?: KprobeOptions,
): ProgramSpec<KprobeTarget>;
export function kprobe(
  address: bigint,
  code: (context: ProbeContext) => KernelResult,
  options?: KprobeOptions,
): SourceProgramSpec<KprobeTarget>;
export function kprobe<Name extends string>(
  symbol: Name,
  code: FunctionIn<KernelFunctions, Name>,
  options?: KprobeOptions & { readonly offset?: 0 },
): SourceProgramSpec<KprobeTarget>;
export function kprobe(
  symbol: string,
  code: (context: ProbeContext) => KernelResult,
  options: KprobeOptions & { readonly offset: number },
): SourceProgramSpec<KprobeTarget>;
export function kprobe(
  place: string | bigint,
  code: ProgramCode,
  { offset = 0, cookie, ...options }: KprobeOptions = {},
): ProgramSpec<KprobeTarget> | SourceProgramSpec<KprobeTarget> {
  assertWhole(offset, "the offset of a probe in a function");
  const target = { kind: "kprobe", ...placeOf(place), offset, ...cookieOf(cookie) } as const;
  return programOf({ type: "kprobe", target, ...options }, code);
}

/**
 * A program that runs when a function of the kernel returns; its context are the registers. The function is given as for
 * {@link kprobe}. Minimum kernel 4.1.
 */
export function kretprobe(
  place: string | bigint,
  instructions: readonly Instruction[],
  options?: KretprobeOptions,
): ProgramSpec<KprobeTarget>;
export function kretprobe(
  place: string | bigint,
  code: (context: ProbeContext) => KernelResult,
  options?: KretprobeOptions,
): SourceProgramSpec<KprobeTarget>;
export function kretprobe(
  place: string | bigint,
  code: ProgramCode,
  { cookie, ...options }: KretprobeOptions = {},
): ProgramSpec<KprobeTarget> | SourceProgramSpec<KprobeTarget> {
  const target = { kind: "kretprobe", ...placeOf(place), offset: 0, ...cookieOf(cookie) } as const;
  return programOf({ type: "kprobe", target, ...options }, code);
}

function placeOf(place: string | bigint): Pick<KprobeTarget, "symbol" | "address"> {
  return typeof place === "string" ? { symbol: place } : { symbol: "", address: place };
}
