/**
 * Attaching to system calls.
 *
 * Since 4.17 the kernel's function for a system call is named after the architecture where it takes the registers of the
 * process (`__x64_sys_openat`); elsewhere it is `sys_openat`. The first one that there is is taken.
 * @module
 */
import { assert } from "../base/assert.ts";
import { isNotFound, NotFoundError } from "../kernel/errors.ts";
import { assertProgram, type Program } from "../program/program.ts";
import type { SyscallTarget } from "../spec/program-spec.ts";
import { syscallPrefixes } from "../spec/syscall-prefix.ts";
import { assertTarget } from "./assert-target.ts";
import type { Link } from "./link.ts";
import { attachKernelProbe } from "./probe.ts";

/**
 * Runs `program` when a process makes a system call, or that returns. Minimum kernel 4.17, for cookies 5.15.
 * Privileges: CAP_PERFMON (CAP_SYS_ADMIN before 5.8).
 * @throws {NotFoundError} when the kernel has no such system call.
 */
export function attachSyscall(program: Program, target: SyscallTarget): Link {
  assertProgram(program);
  assertTarget(target, ["ksyscall", "kretsyscall"]);
  const { kind, name, cookie } = target;
  const probe = kind === "ksyscall" ? "kprobe" : "kretprobe";
  let missing: NotFoundError | undefined;
  for (const prefix of syscallPrefixes(program.kernel.machine)) {
    try {
      const request = { kind: probe, place: `${prefix}${name}`, offset: 0 } as const;
      return attachKernelProbe(program, request, cookie);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      missing ??= error;
    }
  }
  assert(missing !== undefined, "there is a prefix for every machine");
  const { errno, errnoName, hint } = missing;
  throw new NotFoundError({
    operation: `attach program "${program.name}" to system call ${name}`,
    reason: "the kernel has no such system call",
    errno,
    errnoName,
    cause: missing,
    ...(hint === undefined ? {} : { hint: hint.replace(/__\w+?_sys_/, "") }),
  });
}
