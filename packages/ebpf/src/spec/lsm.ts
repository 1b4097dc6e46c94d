/**
 * Specifications of programs on the hooks of security modules.
 * @module
 */
import type { Instruction } from "../isa/instruction.ts";
import type { FunctionIn, NameIn } from "./context/loose.ts";
import type { LsmHooks } from "./context/tracing.ts";
import { type ProgramCode, programOf } from "./context-program.ts";
import type { ProgramOptions, ProgramSpec } from "./program-spec.ts";
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
