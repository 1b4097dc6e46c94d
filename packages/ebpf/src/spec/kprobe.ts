/**
 * Specifications of probes on functions of the kernel.
 * @module
 */
import { assertOptions, type Checks, isName, isWhole } from "../base/checks.ts";
import type { Instruction } from "../isa/instruction.ts";
import type { FunctionIn, KernelResult } from "./context/loose.ts";
import type { ProbeContext } from "./context/probe.ts";
import type { KernelFunctions } from "./context/tracing.ts";
import { type ProgramCode, programOf } from "./context-program.ts";
import { cookieOf } from "./cookie.ts";
import { cookieChecks } from "./program-checks.ts";
import { type KprobeTarget, type ProgramOptions, type ProgramSpec } from "./program-spec.ts";
import type { SourceProgramSpec } from "./source-program.ts";

/** Options of {@link kretprobe}. */
export interface KretprobeOptions extends ProgramOptions {
  /**
   * What `bpf.getAttachCookie()` gives, to tell attachments apart. Minimum kernel 5.15.
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
  options: KprobeOptions = {},
): ProgramSpec<KprobeTarget> | SourceProgramSpec<KprobeTarget> {
  assertOptions(options, kprobeChecks, "a kprobe");
  const { offset = 0, cookie, ...rest } = options;
  const target = { kind: "kprobe", ...placeOf(place), offset, ...cookieOf(cookie) } as const;
  return programOf({ type: "kprobe", target, ...rest }, code);
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
  options: KretprobeOptions = {},
): ProgramSpec<KprobeTarget> | SourceProgramSpec<KprobeTarget> {
  assertOptions(options, cookieChecks, "a kretprobe");
  const { cookie, ...rest } = options;
  const target = { kind: "kretprobe", ...placeOf(place), offset: 0, ...cookieOf(cookie) } as const;
  return programOf({ type: "kprobe", target, ...rest }, code);
}

const kprobeChecks: Checks<KprobeOptions> = { ...cookieChecks, offset: isWhole() };

function placeOf(place: string | bigint): Pick<KprobeTarget, "symbol" | "address"> {
  if (typeof place === "bigint") return { symbol: "", address: place };
  isName(place, "the function of a probe");
  return { symbol: place };
}
