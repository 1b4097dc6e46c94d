/**
 * Kinds of programs: each is loaded as one that only returns, and let go again.
 * @module
 */
import { attachTypeSince, programTypeSince } from "../../kernel/since.ts";
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

/** Kinds of programs that can be loaded on their own. */
export const probedTypes = Object.keys(shapes) as readonly (keyof typeof shapes)[];

/**
 * What the smallest program of a kind is loaded with.
 * @throws {NotSupportedError} when the kernel has not the function it would be for.
 */
function shapeOf(kernel: Kernel, progType: keyof typeof shapes): ProgramShape {
  const shape = { progType, ...shapes[progType] };
  const name = functions[progType];
  return name === undefined ? shape : { ...shape, attachBtfId: functionId(kernel, name) };
}

/** Other places for programs of a kind, where the kernel offers them other helpers. */
const otherPlaces: { readonly [T in ProgramType]?: readonly AttachType[] } = {
  cgroup_sock: ["cgroup_inet4_post_bind"],
  cgroup_sock_addr: ["cgroup_inet4_connect"],
  tracing: ["trace_iter", "trace_fexit"],
};

/**
 * Ways to load programs of a kind, the smallest one first; what they may do may differ.
 * @throws {NotSupportedError} when the kernel has not the function they would be for.
 */
export function* shapesOf(
  kernel: Kernel,
  progType: (typeof probedTypes)[number],
): Generator<ProgramShape, void> {
  const shape = shapeOf(kernel, progType);
  yield shape;
  for (const expectedAttachType of otherPlaces[progType] ?? []) {
    const isIterator = expectedAttachType === "trace_iter";
    const target = isIterator ? { attachBtfId: functionId(kernel, iteratorFunction) } : {};
    yield { ...shape, expectedAttachType, ...target };
  }
}

/** Stands for iterators over tasks. */
const iteratorFunction = "bpf_iter_task";

const types: readonly Feature[] = probedTypes.map((type) => ({
  name: type,
  group: "program",
  since: programTypeSince[type],
  probe: (kernel) => loadReturning(kernel, 0, shapeOf(kernel, type)),
}));

/** Places of tracing programs that are features of their own, each with a function to be loaded for. */
const places: readonly (readonly [name: string, AttachType, target: string])[] = [
  ["iter", "trace_iter", iteratorFunction],
  ["fexit", "trace_fexit", "bpf_fentry_test1"],
  ["fmod_ret", "modify_return", "bpf_modify_return_test"],
  ["fsession", "trace_fsession", "bpf_fentry_test1"],
];

const tracingPlaces: readonly Feature[] = places.map(([name, expectedAttachType, target]) => ({
  name,
  group: "program",
  since: attachTypeSince[expectedAttachType],
  probe: (kernel) => {
    const attachBtfId = functionId(kernel, target);
    return loadReturning(kernel, 0, { progType: "tracing", expectedAttachType, attachBtfId });
  },
}));

/** One row for each kind of program, and for some of the places of those that trace. */
export const programFeatures: readonly Feature[] = [...types, ...tracingPlaces];
