/**
 * Attaching to what a program was loaded for: functions of the kernel, and hooks of security modules.
 * @module
 */
import type { Program } from "../program/program.ts";
import { Link } from "./link.ts";

/**
 * Runs `program` at the function or hook it was loaded for, which `target` names for people. Minimum kernel 5.5.
 * Privileges: CAP_PERFMON, and for hooks CAP_MAC_ADMIN (CAP_SYS_ADMIN before 5.8).
 */
export function attachTrampoline(program: Program, target: string): Link {
  const { kernel } = program;
  const handle = kernel.bpf("rawTracepointOpen", { prog: program.handle });
  return new Link({ kernel, kind: "tracing", target, handle });
}
