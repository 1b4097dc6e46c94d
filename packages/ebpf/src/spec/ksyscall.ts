/**
 * Specifications of probes on system calls.
 *
 * The kernel's function for a system call has another name on each architecture, and on most of them gets the registers of
 * the process instead of arguments. Both are known here by the name of the call.
 * @module
 */
import { assertOptions, isName } from "../base/checks.ts";
import type { Instruction } from "../isa/instruction.ts";
import type { KernelPointer, KernelResult } from "./context/loose.ts";
import type { ProbeContext } from "./context/probe.ts";
import { type ProgramCode, programOf } from "./context-program.ts";
import { cookieOf } from "./cookie.ts";
import { type KretprobeOptions } from "./kprobe.ts";
import { cookieChecks } from "./program-checks.ts";
import type { ProgramSpec, SyscallTarget } from "./program-spec.ts";
import type { SourceProgramSpec } from "./source-program.ts";

/**
 * A program that runs when a process makes the system call `name`, as in section 2 of the manual. A function gets the
 * arguments of the call, up to six, with the types of the kernel's function where BTF has it and else as 64 bits;
 * instructions get the registers at the kernel's function. Calls of 32-bit programs are not seen. Minimum kernel 4.17.
 */
export function ksyscall(
  name: string,
  instructions: readonly Instruction[],
  options?: KretprobeOptions,
): ProgramSpec<SyscallTarget>;
export function ksyscall(
  name: string,
  code: (...args: KernelPointer[]) => KernelResult,
  options?: KretprobeOptions,
): SourceProgramSpec<SyscallTarget>;
export function ksyscall(
  name: string,
  code: ProgramCode,
  options?: KretprobeOptions,
): ProgramSpec<SyscallTarget> | SourceProgramSpec<SyscallTarget> {
  return syscallProbe("ksyscall", name, code, options);
}

/** A program that runs when the system call `name` returns; its context are the registers. Minimum kernel 4.17. */
export function kretsyscall(
  name: string,
  instructions: readonly Instruction[],
  options?: KretprobeOptions,
): ProgramSpec<SyscallTarget>;
export function kretsyscall(
  name: string,
  code: (context: ProbeContext) => KernelResult,
  options?: KretprobeOptions,
): SourceProgramSpec<SyscallTarget>;
export function kretsyscall(
  name: string,
  code: ProgramCode,
  options?: KretprobeOptions,
): ProgramSpec<SyscallTarget> | SourceProgramSpec<SyscallTarget> {
  return syscallProbe("kretsyscall", name, code, options);
}

function syscallProbe(
  kind: SyscallTarget["kind"],
  name: string,
  code: ProgramCode,
  options: KretprobeOptions = {},
): ProgramSpec<SyscallTarget> & SourceProgramSpec<SyscallTarget> {
  isName(name, `the system call of a ${kind}`);
  assertOptions(options, cookieChecks, `a ${kind}`);
  const { cookie, ...rest } = options;
  const target: SyscallTarget = { kind, name, ...cookieOf(cookie) };
  return programOf({ type: "kprobe", target, ...rest }, code);
}
