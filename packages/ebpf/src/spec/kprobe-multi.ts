/**
 * Specifications of one program on many functions of the kernel.
 *
 * One link holds them all, so that thousands are attached in the time of a few. Which function was called,
 * `bpf.getFuncIp(context)` tells, or a cookie for each.
 * @module
 */
import { assertOptions, type Checks, isListOf } from "../base/checks.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import type { ProbeContext } from "./context/probe.ts";
import { type PlacedProgram, type ProgramCode, programOf } from "./context-program.ts";
import { cookiesOf, isCookie } from "./cookie.ts";
import { programChecks } from "./program-checks.ts";
import {
  type KernelFunctionChoice,
  type KprobeMultiTarget,
  type ProgramOptions,
} from "./program-spec.ts";
import type { AttachType } from "./words.ts";

/** Functions of the kernel: a pattern with `*` and `?`, names, or addresses as in /proc/kallsyms. */
export type KernelFunctionSelection = string | readonly string[] | readonly bigint[];

/** Options of {@link kprobeMulti} and its kin. */
export interface KprobeMultiOptions extends ProgramOptions {
  /** What `bpf_get_attach_cookie` gives, for each function in its order. Not with a pattern. */
  readonly cookies?: readonly (number | bigint)[];
}

/** A function that makes specs of programs on many functions of the kernel. */
export type KprobeMultiProgram = PlacedProgram<
  KernelFunctionSelection,
  ProbeContext,
  KprobeMultiTarget,
  KprobeMultiOptions
>;

/**
 * A program that runs when one of many functions of the kernel is called; its context are the registers. Patterns need
 * tracefs when attaching. Minimum kernel 5.18, with CONFIG_FPROBE.
 * @throws {InvalidArgumentError} when nothing is chosen, or the cookies are not one for each function.
 */
export const kprobeMulti: KprobeMultiProgram = maker("kprobe_multi", "trace_kprobe_multi");

/** The same when one of them returns. */
export const kretprobeMulti: KprobeMultiProgram = maker("kretprobe_multi", "trace_kprobe_multi");

/**
 * The same at both: a program that returns 1 at the call is not run at the return. Minimum kernel 6.10.
 */
export const kprobeSession: KprobeMultiProgram = maker("kprobe_session", "trace_kprobe_session");

function maker(
  kind: KprobeMultiTarget["kind"],
  expectedAttachType: AttachType,
): KprobeMultiProgram {
  return (
    selection: KernelFunctionSelection,
    code: ProgramCode,
    options: KprobeMultiOptions = {},
  ) => {
    assertOptions(options, checks, `a ${kind}`);
    const { cookies, ...rest } = options;
    const functions = choiceOf(selection);
    const count = "pattern" in functions ? undefined : selection.length;
    const target: KprobeMultiTarget = { kind, functions, ...cookiesOf(cookies, count) };
    return programOf({ type: "kprobe", target, expectedAttachType, ...rest }, code);
  };
}

const checks: Checks<KprobeMultiOptions> = { ...programChecks, cookies: isListOf(isCookie) };

function choiceOf(selection: KernelFunctionSelection): KernelFunctionChoice {
  const isChoice = typeof selection === "string" || Array.isArray(selection);
  if (!isChoice || selection.length === 0) {
    throw new InvalidArgumentError("a probe on many functions names none", {
      hint: 'give a pattern, "tcp_*", or the names of functions',
    });
  }
  if (typeof selection === "string") return { pattern: selection };
  const kinds = new Set(selection.map((each) => typeof each));
  if (kinds.size > 1 || !(kinds.has("string") || kinds.has("bigint"))) {
    throw new InvalidArgumentError("functions are given neither by name nor by address", {
      hint: 'give names, ["tcp_connect"], or addresses, [0xffffffff81000000n], and not both',
    });
  }
  return isNames(selection) ? { symbols: selection } : { addresses: selection };
}

function isNames(selection: readonly string[] | readonly bigint[]): selection is readonly string[] {
  return typeof selection[0] === "string";
}
