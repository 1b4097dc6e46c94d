/**
 * Specification of programs that user space runs as if they were a system call.
 * @module
 */
import type { Instruction } from "../isa/instruction.ts";
import type { Layout } from "../layout/layout.ts";
import type { KernelResult } from "./context/loose.ts";
import { type ProgramCode, programOf } from "./context-program.ts";
import type { Mutable } from "./kernel-side.ts";
import type { ProgramOptions, ProgramSpec, SyscallProgramTarget } from "./program-spec.ts";
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
  { flags = [], ...options }: ProgramOptions = {},
): ProgramSpec<SyscallProgramTarget> | SourceProgramSpec<SyscallProgramTarget> {
  const target: SyscallProgramTarget = { kind: "syscall", context };
  // The kernel takes no others.
  const all = [...new Set([...flags, "sleepable" as const])];
  return programOf({ type: "syscall", target, flags: all, ...options }, code);
}
