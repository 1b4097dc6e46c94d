/**
 * Specifications of programs on the hooks of security modules.
 * @module
 */
import { assertOptions, isName } from "../base/checks.ts";
import type { Instruction } from "../isa/instruction.ts";
import type { FunctionIn, NameIn } from "./context/loose.ts";
import type { LsmHooks } from "./context/tracing.ts";
import { type ProgramCode, programOf } from "./context-program.ts";
import { type CgroupOptions } from "./cgroup.ts";
import { cookieOf } from "./cookie.ts";
import { cgroupChecks, cookieChecks } from "./program-checks.ts";
import type { LsmCgroupTarget, ProgramSpec, LsmTarget } from "./program-spec.ts";
import type { SourceProgramSpec } from "./source-program.ts";
import { type TracingOptions } from "./trampoline.ts";

/**
 * A program that decides with the security modules: 0 lets it happen, a negated errno (-1: EPERM) refuses. Needs `bpf`
 * among the active security modules. Minimum kernel 5.7.
 */
export function lsm(
  hook: string,
  instructions: readonly Instruction[],
  options?: TracingOptions,
): ProgramSpec<LsmTarget>;
export function lsm<Hook extends NameIn<LsmHooks>>(
  hook: Hook,
  code: FunctionIn<LsmHooks, Hook>,
  options?: TracingOptions,
): SourceProgramSpec<LsmTarget>;
export function lsm(
  hook: string,
  code: ProgramCode,
  options: TracingOptions = {},
): ProgramSpec<LsmTarget> | SourceProgramSpec<LsmTarget> {
  isName(hook, "the hook of a program");
  assertOptions(options, cookieChecks, "a program on a hook of security modules");
  const { cookie, ...rest } = options;
  const target: LsmTarget = { kind: "lsm", hook, ...cookieOf(cookie) };
  return programOf({ type: "lsm", target, expectedAttachType: "lsm_mac", ...rest }, code);
}

/**
 * A program on a hook of security modules that decides only about the processes of a control group: 1 lets it happen, 0
 * refuses (EPERM, or what `bpf.setRetval` said). For hooks about sockets it is the group of the socket. Needs no `bpf` among
 * the active security modules. Minimum kernel 6.0.
 */
export function lsmCgroup(
  hook: string,
  instructions: readonly Instruction[],
  options?: CgroupOptions,
): ProgramSpec<LsmCgroupTarget>;
export function lsmCgroup<Hook extends NameIn<LsmHooks>>(
  hook: Hook,
  code: FunctionIn<LsmHooks, Hook>,
  options?: CgroupOptions,
): SourceProgramSpec<LsmCgroupTarget>;
export function lsmCgroup(
  hook: string,
  code: ProgramCode,
  options: CgroupOptions = {},
): ProgramSpec<LsmCgroupTarget> | SourceProgramSpec<LsmCgroupTarget> {
  isName(hook, "the hook of a program");
  assertOptions(options, cgroupChecks, "a program on a hook, for a control group");
  const { cgroup, ...rest } = options;
  const target = { kind: "lsm_cgroup", hook, cgroup } as const;
  return programOf({ type: "lsm", target, expectedAttachType: "lsm_cgroup", ...rest }, code);
}
