/**
 * Kinds of programs: each is loaded as one that only returns, and let go again.
 * @module
 */
import { attachTypeSince, programTypeSince } from "../../kernel/since.ts";
import type { Handle } from "../../kernel/handle.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import type { AttachType, ProgramType } from "../../spec/words.ts";
import type { Feature } from "./feature.ts";
import { functionId } from "./kernel-types.ts";
import { loadReturning, type ProgramShape } from "./smallest-program.ts";

/** Kinds that cannot be loaded on their own: `ext` replaces a function of a program, `struct_ops` fills a map. */
type Dependent = "ext" | "struct_ops";

const shapes: { readonly [T in Exclude<ProgramType, Dependent>]: Partial<ProgramShape> } = {
  socket_filter: {},
  kprobe: {},
  sched_cls: {},
  sched_act: {},
  tracepoint: {},
  xdp: {},
  perf_event: {},
  cgroup_skb: {},
  cgroup_sock: {},
  lwt_in: {},
  lwt_out: {},
  lwt_xmit: {},
  sock_ops: {},
  sk_skb: {},
  cgroup_device: {},
  sk_msg: {},
  raw_tracepoint: {},
  cgroup_sock_addr: { expectedAttachType: "cgroup_inet4_bind" },
  lwt_seg6local: {},
  lirc_mode2: {},
  sk_reuseport: {},
  flow_dissector: {},
  cgroup_sysctl: {},
  raw_tracepoint_writable: {},
  cgroup_sockopt: { expectedAttachType: "cgroup_getsockopt" },
  tracing: { expectedAttachType: "trace_fentry" },
  lsm: { expectedAttachType: "lsm_mac" },
  sk_lookup: { expectedAttachType: "sk_lookup" },
  syscall: { progFlags: ["sleepable"] },
  netfilter: { expectedAttachType: "netfilter" },
};

/** A function of the kernel for each kind that is loaded for one. */
const functions: { readonly [T in ProgramType]?: string } = {
  // Exist for tests only, and nothing calls them.
  tracing: "bpf_fentry_test1",
  lsm: "bpf_lsm_file_open",
};

function load(kernel: Kernel, progType: ProgramType, shape: Partial<ProgramShape>): Handle {
  const name = functions[progType];
  const target = name === undefined ? {} : { attachBtfId: functionId(kernel, name) };
  return loadReturning(kernel, 0, { progType, ...shape, ...target });
}

const types: readonly Feature[] = Object.entries(shapes).map(([name, shape]) => {
  const type = name as keyof typeof shapes;
  return {
    name,
    group: "program",
    since: programTypeSince[type],
    probe: (kernel) => load(kernel, type, shape),
  };
});

/** Places of tracing programs that are features of their own, each with a function to be loaded for. */
const places: readonly (readonly [name: string, AttachType, ProgramType])[] = [
  ["fexit", "trace_fexit", "tracing"],
  ["kprobe.multi", "trace_kprobe_multi", "kprobe"],
  ["kprobe.session", "trace_kprobe_session", "kprobe"],
  ["uprobe.multi", "trace_uprobe_multi", "kprobe"],
];

const tracingPlaces: readonly Feature[] = places.map(([name, expectedAttachType, progType]) => ({
  name,
  group: "program",
  since: attachTypeSince[expectedAttachType],
  probe: (kernel) => load(kernel, progType, { expectedAttachType }),
}));

/** One row for each kind of program, and for some of the places of those that trace. */
export const programFeatures: readonly Feature[] = [...types, ...tracingPlaces];
