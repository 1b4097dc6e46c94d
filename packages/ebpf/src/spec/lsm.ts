/**
 * Specifications of programs on the hooks of security modules.
 * @module
 */
import type { Instruction } from "../isa/instruction.ts";
import type { FunctionIn, NameIn } from "./context/loose.ts";
import type { LsmHooks } from "./context/tracing.ts";
import { type ProgramCode, programOf } from "./context-program.ts";
import type { CgroupOptions } from "./cgroup.ts";
import type { LsmCgroupTarget, ProgramOptions, ProgramSpec } from "./program-spec.ts";
import type { SourceProgramSpec } from "./source-program.ts";

type LsmTarget = { readonly kind: "lsm"; readonly hook: string };

/**
 * A program that decides with the security modules: 0 lets it happen, a negated errno (-1: EPERM) refuses. Needs `bpf`
 * among the active security modules. Minimum kernel 5.7.
 */
export function lsm(
  hook: string,
  instructions: readonly Instruction[],
  options?: ProgramOptions,
): ProgramSpec<LsmTarget>;
export function lsm<Hook extends NameIn<LsmHooks>>(
  hook: Hook,
  code: FunctionIn<LsmHooks, Hook>,
  options?: ProgramOptions,
): SourceProgramSpec<LsmTarget>;
export function lsm(
  hook: string,
  code: ProgramCode,
  options: ProgramOptions = {},
): ProgramSpec<LsmTarget> | SourceProgramSpec<LsmTarget> {
  const target = { kind: "lsm", hook } as const;
  return programOf({ type: "lsm", target, expectedAttachType: "lsm_mac", ...options }, code);
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
  { cgroup, ...options }: CgroupOptions = {},
): ProgramSpec<LsmCgroupTarget> | SourceProgramSpec<LsmCgroupTarget> {
  const target = { kind: "lsm_cgroup", hook, cgroup } as const;
  return programOf({ type: "lsm", target, expectedAttachType: "lsm_cgroup", ...options }, code);
}
