/**
 * Specification of programs that user space runs as if they were a system call.
 * @module
 */
import { assertOptions } from "../base/checks.ts";
import type { Instruction } from "../isa/instruction.ts";
import { assertLayout } from "../layout/assert-layout.ts";
import type { Layout } from "../layout/layout.ts";
import type { KernelResult } from "./context/loose.ts";
import { type ProgramCode, programOf } from "./context-program.ts";
import type { Mutable } from "./kernel-side.ts";
import { programChecks } from "./program-checks.ts";
import {
  type ProgramOptions,
  type ProgramSpec,
  type SyscallProgramTarget,
} from "./program-spec.ts";
import type { SourceProgramSpec } from "./source-program.ts";

/**
 * A program that runs when somebody calls `run` of it, with a context that is handed over and handed back: bytes that
 * `context` lays out. It may sleep, and make system calls of bpf(2). It is attached to nothing. Minimum kernel 5.14.
 */
export function syscall<Value>(
  context: Layout<Value>,
  instructions: readonly Instruction[],
  options?: ProgramOptions,
): ProgramSpec<SyscallProgramTarget>;
export function syscall<Value>(
  context: Layout<Value>,
  code: (context: Mutable<Value>) => KernelResult,
  options?: ProgramOptions,
): SourceProgramSpec<SyscallProgramTarget>;
export function syscall(
  context: Layout<unknown>,
  code: ProgramCode,
  options: ProgramOptions = {},
): ProgramSpec<SyscallProgramTarget> | SourceProgramSpec<SyscallProgramTarget> {
  assertLayout(context, "the context of a program of type syscall");
  assertOptions(options, programChecks, "a program of type syscall");
  const { flags = [], ...rest } = options;
  const target: SyscallProgramTarget = { kind: "syscall", context };
  // The kernel takes no others.
  const all = [...new Set([...flags, "sleepable" as const])];
  return programOf({ type: "syscall", target, flags: all, ...rest }, code);
}
