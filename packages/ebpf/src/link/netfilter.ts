/**
 * Attaching to hooks of netfilter.
 * @module
 */
import { assertProgram, type Program } from "../program/program.ts";
import { assertNetfilterHook } from "../spec/netfilter.ts";
import type { NetfilterHook } from "../spec/network-target.ts";
import { Link } from "./link.ts";

/**
 * Runs `program` on the packets at a hook of netfilter, in this process's network namespace. Minimum kernel 6.4.
 * Privileges: CAP_NET_ADMIN in the namespace.
 * @throws {BusyError} when another program has this hook and priority.
 * @throws {InvalidArgumentError} for a priority that the kernel does not give to programs.
 */
export function attachNetfilter(program: Program, hook: NetfilterHook): Link {
  assertProgram(program);
  assertNetfilterHook(hook);
  const { kernel } = program;
  const attachType = "netfilter";
  const handle = kernel.bpf("linkCreate", { prog: program.handle, attachType, netfilter: hook });
  const target = `netfilter hook ${hook.hook} of ${hook.family}`;
  return new Link({ kernel, kind: "netfilter", target, handle });
}
