/**
 * Specifications of programs on functions of the kernel that the verifier knows from BTF: `fentry`, `fexit`, `fsession` and
 * `fmodRet`.
 * @module
 */
import { assertOptions, type Checks, isName, isObject } from "../base/checks.ts";
import type { Instruction } from "../isa/instruction.ts";
import type { FunctionIn } from "./context/loose.ts";
import type { KernelFunctionExits, KernelFunctions } from "./context/tracing.ts";
import { type AnyProgramSpec, nameOf } from "./collection-spec.ts";
import { type ProgramCode, programOf } from "./context-program.ts";
import { cookieOf } from "./cookie.ts";
import { cookieChecks } from "./program-checks.ts";
import { type ProgramOptions, type ProgramSpec, type TrampolineTarget } from "./program-spec.ts";
import type { SourceProgramSpec } from "./source-program.ts";
import type { AttachType } from "./words.ts";

/** Options of {@link fsession} and {@link fmodRet}. */
export interface TracingOptions extends ProgramOptions {
  /** What `bpf_get_attach_cookie` gives, to tell attachments apart. Minimum kernel 5.19. */
  readonly cookie?: number | bigint;
}

/** Options of {@link fentry} and {@link fexit} of instructions. */
export interface TrampolineOptions extends TracingOptions {
  /**
   * The program whose function it is, instead of the kernel: one of the same collection, or given when loading
   * (`replaces`), that says what functions it has.
   */
  readonly program?: AnyProgramSpec;
}

/** A program that runs when a function of the kernel is called, with its arguments. Minimum kernel 5.5. */
export function fentry(
  name: string,
  instructions: readonly Instruction[],
  options?: TrampolineOptions,
): ProgramSpec<TrampolineTarget>;
export function fentry<Name extends string>(
  name: Name,
  code: FunctionIn<KernelFunctions, Name>,
  options?: TracingOptions,
): SourceProgramSpec<TrampolineTarget>;
export function fentry(
  name: string,
  code: ProgramCode,
  options?: TrampolineOptions,
): ProgramSpec<TrampolineTarget> | SourceProgramSpec<TrampolineTarget> {
  return trampoline({ kind: "fentry", name }, code, options);
}

/**
 * A program that runs when a function of the kernel returns, with its arguments and its result behind them.
 * Minimum kernel 5.5.
 */
export function fexit(
  name: string,
  instructions: readonly Instruction[],
  options?: TrampolineOptions,
): ProgramSpec<TrampolineTarget>;
export function fexit<Name extends string>(
  name: Name,
  code: FunctionIn<KernelFunctionExits, Name>,
  options?: TracingOptions,
): SourceProgramSpec<TrampolineTarget>;
export function fexit(
  name: string,
  code: ProgramCode,
  options?: TrampolineOptions,
): ProgramSpec<TrampolineTarget> | SourceProgramSpec<TrampolineTarget> {
  return trampoline({ kind: "fexit", name }, code, options);
}

/**
 * A program that runs when a function of the kernel is called and again when it returns, with its arguments and its result
 * behind them, which is 0 at the call. A program that returns something other than 0 at the call is not run at the return.
 * Minimum kernel 7.0.
 */
export function fsession(
  name: string,
  instructions: readonly Instruction[],
  options?: TracingOptions,
): ProgramSpec<TrampolineTarget>;
export function fsession<Name extends string>(
  name: Name,
  code: FunctionIn<KernelFunctionExits, Name>,
  options?: TracingOptions,
): SourceProgramSpec<TrampolineTarget>;
export function fsession(
  name: string,
  code: ProgramCode,
  options?: TracingOptions,
): ProgramSpec<TrampolineTarget> | SourceProgramSpec<TrampolineTarget> {
  return trampoline({ kind: "fsession", name }, code, options);
}

/**
 * A program that runs in the stead of a function of the kernel when it returns something other than 0. Only for
 * functions that are open to it: hooks of security modules and those for error injection. Minimum kernel 5.7.
 */
export function fmodRet(
  name: string,
  instructions: readonly Instruction[],
  options?: TracingOptions,
): ProgramSpec<TrampolineTarget>;
export function fmodRet<Name extends string>(
  name: Name,
  code: FunctionIn<KernelFunctionExits, Name>,
  options?: TracingOptions,
): SourceProgramSpec<TrampolineTarget>;
export function fmodRet(
  name: string,
  code: ProgramCode,
  options?: TracingOptions,
): ProgramSpec<TrampolineTarget> | SourceProgramSpec<TrampolineTarget> {
  return trampoline({ kind: "fmod_ret", name }, code, options);
}

const attachTypes: { readonly [Kind in TrampolineTarget["kind"]]: AttachType } = {
  fentry: "trace_fentry",
  fexit: "trace_fexit",
  fsession: "trace_fsession",
  fmod_ret: "modify_return",
};

function trampoline(
  { kind, name }: TrampolineTarget,
  code: ProgramCode,
  given: TrampolineOptions = {},
): ProgramSpec<TrampolineTarget> & SourceProgramSpec<TrampolineTarget> {
  isName(name, `the function of a program of kind ${kind}`);
  assertOptions(given, checks, `a program of kind ${kind}`);
  const { program, cookie, ...options } = given;
  const of = program === undefined ? {} : { program: nameOf(program) };
  const target: TrampolineTarget = { kind, name, ...of, ...cookieOf(cookie) };
  const expectedAttachType = attachTypes[kind];
  return programOf({ type: "tracing", target, expectedAttachType, ...options }, code);
}

const checks: Checks<TrampolineOptions> = { ...cookieChecks, program: isObject };
