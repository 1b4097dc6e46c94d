/**
 * Kinds of links, without making one: a link to something that cannot be linked to is refused differently by a kernel
 * that knows the kind than by one that does not. XDP is not here: it is refused in the same way by both.
 * @module
 */
import { NotSupportedError, SyscallError } from "../../kernel/errors.ts";
import type { LinkCreate } from "../../kernel/commands.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import { linkSince } from "../../kernel/since.ts";
import type { AttachType } from "../../spec/words.ts";
import type { ErrnoName } from "../call/errno.ts";
import type { Feature } from "./feature.ts";
import { loadReturning, type ProgramShape } from "./smallest-program.ts";

/** A link that is bound to be refused, and how by a kernel that knows it. */
interface Refusal {
  readonly name: string;
  readonly attachType: AttachType;
  readonly program: ProgramShape;
  /** Left out, the program itself is the target, which is neither a cgroup nor a perf event. */
  readonly target?: number;
  readonly more?: Partial<LinkCreate>;
  readonly knownBy: ErrnoName;
}

/** No interface has it: numbers count up from 1. */
const noInterface = 0x7fff_ffff;

const refusals: readonly Refusal[] = [
  {
    name: "cgroup",
    attachType: "cgroup_inet_ingress",
    program: { progType: "cgroup_skb", expectedAttachType: "cgroup_inet_ingress" },
    knownBy: "EBADF",
  },
  {
    name: "perf_event",
    attachType: "perf_event",
    program: { progType: "tracepoint" },
    knownBy: "EBADF",
  },
  {
    name: "tcx",
    attachType: "tcx_ingress",
    program: { progType: "sched_cls", expectedAttachType: "tcx_ingress" },
    target: noInterface,
    knownBy: "ENODEV",
  },
  {
    name: "netkit",
    attachType: "netkit_primary",
    program: { progType: "sched_cls", expectedAttachType: "netkit_primary" },
    target: noInterface,
    knownBy: "ENODEV",
  },
  {
    name: "uprobe_multi",
    attachType: "trace_uprobe_multi",
    program: { progType: "kprobe", expectedAttachType: "trace_uprobe_multi" },
    target: 0,
    more: { uprobeMulti: { path: "/nothing-is-here", offsets: [1n] } },
    knownBy: "ENOENT",
  },
];

/** One row for each kind of link that can be asked for this way. */
export const linkFeatures: readonly Feature[] = refusals.map((refusal) => ({
  name: refusal.name,
  group: "link",
  since: linkSince(refusal.attachType),
  probe: (kernel) => expectRefusal(kernel, refusal),
}));

function expectRefusal(kernel: Kernel, refusal: Refusal): void {
  const { attachType, target, more } = refusal;
  using prog = loadReturning(kernel, 0, refusal.program);
  try {
    const attributes = { prog, target: target ?? prog, attachType, ...more };
    kernel.bpf("linkCreate", attributes).close();
  } catch (error) {
    if (error instanceof SyscallError && error.errnoName === refusal.knownBy) return;
    if (error instanceof NotSupportedError) throw error;
    throw new NotSupportedError(`links of kind ${refusal.name}`, { cause: error });
  }
}
