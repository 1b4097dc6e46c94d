/**
 * Attaching to what a program was loaded for: functions of the kernel, and hooks of security modules.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";
import type { LinkCreate } from "../kernel/commands.ts";
import { assertProgram, type Program } from "../program/program.ts";
import { cookieOf } from "../spec/cookie.ts";
import { Link } from "./link.ts";

/**
 * Runs `program` at the function or hook it was loaded for, which `target` names for people. Minimum kernel 5.5, with a
 * cookie 5.19.
 * Privileges: CAP_PERFMON, and for hooks CAP_MAC_ADMIN (CAP_SYS_ADMIN before 5.8).
 */
export function attachTrampoline(program: Program, target: string, cookie?: bigint): Link {
  assertProgram(program);
  cookieOf(cookie);
  const { kernel } = program;
  const handle =
    cookie === undefined
      ? kernel.bpf("rawTracepointOpen", { prog: program.handle })
      : kernel.bpf("linkCreate", linkWith(program, cookie));
  return new Link({ kernel, kind: "tracing", target, handle });
}

/** The older way takes no cookie, and says nothing when it is given one. */
function linkWith({ handle, name, spec }: Program, cookie: bigint): LinkCreate {
  const { expectedAttachType: attachType } = spec;
  if (attachType === undefined) {
    throw new InvalidArgumentError(`program "${name}" takes no cookie`, {
      hint: "programs of fentry, fexit, fsession, fmodRet and lsm do",
    });
  }
  return { prog: handle, attachType, tracing: { cookie } };
}
