/**
 * Attaching to control groups.
 * @module
 */
import { assert } from "../base/assert.ts";
import type { Handle } from "../kernel/handle.ts";
import type { Program } from "../program/program.ts";
import { Link } from "./link.ts";

/**
 * Runs `program` for the processes of a control group (version 2) and those below it, beside what is attached there
 * already. The group is given by its folder or a handle. Minimum kernel 5.7.
 * Privileges: CAP_NET_ADMIN (CAP_SYS_ADMIN before 5.8).
 * @throws {NotFoundError} when there is no such group.
 */
export function attachCgroup(program: Program, cgroup: string | Handle): Link {
  const { kernel, spec } = program;
  assert(spec.expectedAttachType !== undefined, "programs on control groups say where");
  using stack = new DisposableStack();
  const target = typeof cgroup === "string" ? stack.use(kernel.openPath(cgroup)) : cgroup;
  const { expectedAttachType: attachType } = spec;
  const handle = kernel.bpf("linkCreate", { prog: program.handle, target, attachType });
  const name = typeof cgroup === "string" ? ` ${cgroup}` : "";
  return new Link({ kernel, kind: "cgroup", target: `control group${name}`, handle });
}
