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
  readonly knownBy: readonly ErrnoName[];
}

/** No interface has it, as numbers count up from 1; and no process so many descriptors. */
const nothing = 0x7fff_ffff;
/** Longer than names of functions can be (`KSYM_NAME_LEN`), so that the kernel need not look for it. */
const noFunction = "f".repeat(1000);
/** The kernel keeps it for itself: `NF_IP_PRI_FIRST`. */
const forbiddenPriority = -0x8000_0000;

const refusals: readonly Refusal[] = [
  {
    name: "cgroup",
    attachType: "cgroup_inet_ingress",
    program: { progType: "cgroup_skb", expectedAttachType: "cgroup_inet_ingress" },
    knownBy: ["EBADF"],
  },
  {
    name: "perf_event",
    attachType: "perf_event",
    program: { progType: "tracepoint" },
    knownBy: ["EBADF"],
  },
  {
    name: "tcx",
    attachType: "tcx_ingress",
    program: { progType: "sched_cls", expectedAttachType: "tcx_ingress" },
    target: nothing,
    knownBy: ["ENODEV"],
  },
  {
    name: "netkit",
    attachType: "netkit_primary",
    program: { progType: "sched_cls", expectedAttachType: "netkit_primary" },
    target: nothing,
    knownBy: ["ENODEV"],
  },
  {
    name: "uprobe_multi",
    attachType: "trace_uprobe_multi",
    program: { progType: "kprobe", expectedAttachType: "trace_uprobe_multi" },
    target: 0,
    more: { uprobeMulti: { path: "/nothing-is-here", offsets: [1n] } },
    knownBy: ["ENOENT"],
  },
  {
    name: "uprobe_session",
    attachType: "trace_uprobe_session",
    program: { progType: "kprobe", expectedAttachType: "trace_uprobe_session" },
    target: 0,
    more: { uprobeMulti: { path: "/nothing-is-here", offsets: [1n] } },
    knownBy: ["ENOENT"],
  },
  {
    name: "kprobe_multi",
    attachType: "trace_kprobe_multi",
    program: { progType: "kprobe", expectedAttachType: "trace_kprobe_multi" },
    target: 0,
    more: { kprobeMulti: { symbols: [noFunction] } },
    knownBy: ["E2BIG"],
  },
  {
    name: "kprobe_session",
    attachType: "trace_kprobe_session",
    program: { progType: "kprobe", expectedAttachType: "trace_kprobe_session" },
    target: 0,
    more: { kprobeMulti: { symbols: [noFunction] } },
    knownBy: ["E2BIG"],
  },
  {
    name: "cgroup_unix",
    attachType: "cgroup_unix_connect",
    program: { progType: "cgroup_sock_addr", expectedAttachType: "cgroup_unix_connect" },
    knownBy: ["EBADF"],
  },
  {
    name: "netns",
    attachType: "flow_dissector",
    program: { progType: "flow_dissector" },
    target: nothing,
    knownBy: ["EBADF"],
  },
  {
    name: "netfilter",
    attachType: "netfilter",
    program: { progType: "netfilter", expectedAttachType: "netfilter" },
    target: 0,
    more: { netfilter: { family: "ipv4", hook: "local_in", priority: forbiddenPriority } },
    knownBy: ["ERANGE"],
  },
  {
    name: "sockmap",
    attachType: "sk_msg_verdict",
    program: { progType: "sk_msg", expectedAttachType: "sk_msg_verdict" },
    target: nothing,
    knownBy: ["EBADF"],
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
    if (error instanceof SyscallError && isKnown(error.errnoName, refusal)) return;
    if (error instanceof NotSupportedError) throw error;
    throw new NotSupportedError(`links of kind ${refusal.name}`, { cause: error });
  }
}

function isKnown(name: string | undefined, { knownBy }: Refusal): boolean {
  return knownBy.some((known) => known === name);
}
