/**
 * Attaching to raw and BTF tracepoints.
 * @module
 */
import { assertText } from "../base/arguments.ts";
import { assertProgram, type Program } from "../program/program.ts";
import { cookieOf } from "../spec/cookie.ts";
import { Link } from "./link.ts";

/**
 * Runs `program` at every hit of the raw tracepoint. Minimum kernel 4.17, with a cookie 6.10.
 * Privileges: CAP_PERFMON (CAP_SYS_ADMIN before 5.8).
 * @throws {NotFoundError} when there is no such tracepoint.
 */
export function attachRawTracepoint(program: Program, name: string, cookie?: bigint): Link {
  assertProgram(program);
  const { kernel } = program;
  assertText(name, "the name of a raw tracepoint");
  cookieOf(cookie);
  const handle = kernel.bpf("rawTracepointOpen", { prog: program.handle, name, cookie });
  return new Link({ kernel, kind: "raw_tracepoint", target: `raw tracepoint ${name}`, handle });
}

/**
 * Runs `program` at the BTF tracepoint it was loaded for, which `name` tells people. Minimum kernel 5.5, with a cookie 6.10.
 * Privileges: CAP_PERFMON (CAP_SYS_ADMIN before 5.8).
 */
export function attachTpBtf(program: Program, name: string, cookie?: bigint): Link {
  assertProgram(program);
  assertText(name, "the name of a BTF tracepoint");
  cookieOf(cookie);
  const { kernel } = program;
  const handle = kernel.bpf("rawTracepointOpen", { prog: program.handle, cookie });
  return new Link({ kernel, kind: "raw_tracepoint", target: `BTF tracepoint ${name}`, handle });
}
