/**
 * The table of names of sections: what each says of the programs in it.
 *
 * These are the conventions of libbpf 1.x that cilium/ebpf and aya follow. Which of them need what of a kernel is not
 * said here. Source: `section_defs` in tools/lib/bpf/libbpf.c, and Documentation/bpf/libbpf/program_types.rst.
 * @module
 */
import type { AttachType, ProgramFlag, ProgramType } from "../spec/words.ts";

/** A row of the table. */
export interface SectionRule {
  /** The name, or the part of it before what to attach to. */
  readonly prefix: string;
  readonly type: ProgramType;
  readonly attach?: AttachType;
  readonly flags?: readonly ProgramFlag[];
  /** Kind of target that makes the difference to other rows of the same types. */
  readonly target?: string;
  /** Whether what to attach to stands behind it. */
  readonly open?: true;
  /** Whether it is the one for programs of the type that do not say their attach type. */
  readonly usual?: true;
}

/** Programs that attach to something with a name. */
const openRules: readonly SectionRule[] = [
  { prefix: "kprobe", type: "kprobe", target: "kprobe" },
  { prefix: "kretprobe", type: "kprobe", target: "kretprobe" },
  { prefix: "uprobe", type: "kprobe", target: "uprobe" },
  { prefix: "uprobe.s", type: "kprobe", target: "uprobe", flags: ["sleepable"] },
  { prefix: "uretprobe", type: "kprobe", target: "uretprobe" },
  { prefix: "uretprobe.s", type: "kprobe", target: "uretprobe", flags: ["sleepable"] },
  { prefix: "ksyscall", type: "kprobe", target: "ksyscall" },
  { prefix: "kretsyscall", type: "kprobe", target: "kretsyscall" },
  { prefix: "usdt", type: "kprobe", target: "usdt" },
  { prefix: "usdt.s", type: "kprobe", target: "usdt", flags: ["sleepable"] },
  { prefix: "kprobe.multi", type: "kprobe", attach: "trace_kprobe_multi" },
  {
    prefix: "kretprobe.multi",
    type: "kprobe",
    attach: "trace_kprobe_multi",
    target: "kretprobe_multi",
  },
  { prefix: "kprobe.session", type: "kprobe", attach: "trace_kprobe_session" },
  { prefix: "uprobe.multi", type: "kprobe", attach: "trace_uprobe_multi" },
  ...andSleepable({
    prefix: "uretprobe.multi",
    type: "kprobe",
    attach: "trace_uprobe_multi",
    target: "uretprobe_multi",
  }),
  ...sleepable({ prefix: "uprobe.multi", type: "kprobe", attach: "trace_uprobe_multi" }),
  ...andSleepable({ prefix: "uprobe.session", type: "kprobe", attach: "trace_uprobe_session" }),
  { prefix: "tracepoint", type: "tracepoint" },
  { prefix: "tp", type: "tracepoint" },
  { prefix: "raw_tp", type: "raw_tracepoint" },
  { prefix: "raw_tracepoint", type: "raw_tracepoint" },
  { prefix: "raw_tp.w", type: "raw_tracepoint_writable" },
  { prefix: "raw_tracepoint.w", type: "raw_tracepoint_writable" },
  { prefix: "tp_btf", type: "tracing", attach: "trace_raw_tp" },
  { prefix: "fentry", type: "tracing", attach: "trace_fentry" },
  ...sleepable({ prefix: "fentry", type: "tracing", attach: "trace_fentry" }),
  { prefix: "fexit", type: "tracing", attach: "trace_fexit" },
  ...sleepable({ prefix: "fexit", type: "tracing", attach: "trace_fexit" }),
  { prefix: "fmod_ret", type: "tracing", attach: "modify_return" },
  ...sleepable({ prefix: "fmod_ret", type: "tracing", attach: "modify_return" }),
  ...andSleepable({ prefix: "fsession", type: "tracing", attach: "trace_fsession" }),
  { prefix: "iter", type: "tracing", attach: "trace_iter" },
  ...sleepable({ prefix: "iter", type: "tracing", attach: "trace_iter" }),
  { prefix: "freplace", type: "ext" },
  { prefix: "lsm", type: "lsm", attach: "lsm_mac" },
  ...sleepable({ prefix: "lsm", type: "lsm", attach: "lsm_mac" }),
  { prefix: "lsm_cgroup", type: "lsm", attach: "lsm_cgroup" },
  { prefix: "struct_ops", type: "struct_ops" },
  ...sleepable({ prefix: "struct_ops", type: "struct_ops" }),
];

/** Programs whose name says all. */
const closedRules: readonly SectionRule[] = [
  { prefix: "socket", type: "socket_filter" },
  {
    prefix: "sk_reuseport/migrate",
    type: "sk_reuseport",
    attach: "sk_reuseport_select_or_migrate",
  },
  { prefix: "sk_reuseport", type: "sk_reuseport", attach: "sk_reuseport_select", usual: true },
  { prefix: "tc", type: "sched_cls" },
  { prefix: "tcx/ingress", type: "sched_cls", attach: "tcx_ingress" },
  { prefix: "tcx/egress", type: "sched_cls", attach: "tcx_egress" },
  { prefix: "tc/ingress", type: "sched_cls", attach: "tcx_ingress" },
  { prefix: "tc/egress", type: "sched_cls", attach: "tcx_egress" },
  { prefix: "netkit/primary", type: "sched_cls", attach: "netkit_primary" },
  { prefix: "netkit/peer", type: "sched_cls", attach: "netkit_peer" },
  { prefix: "classifier", type: "sched_cls" },
  { prefix: "action", type: "sched_act" },
  { prefix: "syscall", type: "syscall", flags: ["sleepable"] },
  ...framed({ prefix: "xdp/devmap", type: "xdp", attach: "xdp_devmap" }),
  ...framed({ prefix: "xdp/cpumap", type: "xdp", attach: "xdp_cpumap" }),
  ...framed({ prefix: "xdp", type: "xdp", attach: "xdp", usual: true }),
  { prefix: "perf_event", type: "perf_event" },
  { prefix: "lwt_in", type: "lwt_in" },
  { prefix: "lwt_out", type: "lwt_out" },
  { prefix: "lwt_xmit", type: "lwt_xmit" },
  { prefix: "lwt_seg6local", type: "lwt_seg6local" },
  { prefix: "sockops", type: "sock_ops", attach: "cgroup_sock_ops" },
  { prefix: "sk_skb/stream_parser", type: "sk_skb", attach: "sk_skb_stream_parser" },
  { prefix: "sk_skb/stream_verdict", type: "sk_skb", attach: "sk_skb_stream_verdict" },
  { prefix: "sk_skb/verdict", type: "sk_skb", attach: "sk_skb_verdict" },
  { prefix: "sk_skb", type: "sk_skb" },
  { prefix: "sk_msg", type: "sk_msg", attach: "sk_msg_verdict" },
  { prefix: "lirc_mode2", type: "lirc_mode2", attach: "lirc_mode2" },
  { prefix: "flow_dissector", type: "flow_dissector", attach: "flow_dissector" },
  { prefix: "sk_lookup", type: "sk_lookup", attach: "sk_lookup" },
  { prefix: "netfilter", type: "netfilter", attach: "netfilter" },
  { prefix: "cgroup_skb/ingress", type: "cgroup_skb", attach: "cgroup_inet_ingress" },
  { prefix: "cgroup_skb/egress", type: "cgroup_skb", attach: "cgroup_inet_egress" },
  { prefix: "cgroup/skb", type: "cgroup_skb" },
  { prefix: "cgroup/sock_create", type: "cgroup_sock", attach: "cgroup_inet_sock_create" },
  { prefix: "cgroup/sock_release", type: "cgroup_sock", attach: "cgroup_inet_sock_release" },
  { prefix: "cgroup/sock", type: "cgroup_sock", attach: "cgroup_inet_sock_create", usual: true },
  { prefix: "cgroup/post_bind4", type: "cgroup_sock", attach: "cgroup_inet4_post_bind" },
  { prefix: "cgroup/post_bind6", type: "cgroup_sock", attach: "cgroup_inet6_post_bind" },
  ...addressRules(),
  { prefix: "cgroup/sysctl", type: "cgroup_sysctl", attach: "cgroup_sysctl" },
  { prefix: "cgroup/getsockopt", type: "cgroup_sockopt", attach: "cgroup_getsockopt" },
  { prefix: "cgroup/setsockopt", type: "cgroup_sockopt", attach: "cgroup_setsockopt" },
  { prefix: "cgroup/dev", type: "cgroup_device", attach: "cgroup_device" },
];

/** All rows. For programs of one kind, the one that is written comes before others that are only read. */
export const sectionRules: readonly SectionRule[] = [
  ...openRules.map((rule) => ({ ...rule, open: true }) as const),
  ...closedRules,
];

/** The same for programs that may sleep, with `.s` at the end of the name. */
function sleepable(rule: SectionRule): readonly SectionRule[] {
  return [{ ...rule, prefix: `${rule.prefix}.s`, flags: ["sleepable"] }];
}

/** A rule, and the same for programs that may sleep. */
function andSleepable(rule: SectionRule): readonly SectionRule[] {
  return [rule, ...sleepable(rule)];
}

/** A rule for XDP, and the same for programs that take packets in fragments. */
function framed(rule: SectionRule): readonly SectionRule[] {
  const prefix = rule.prefix.replace(/^xdp/, "xdp.frags");
  return [rule, { ...rule, prefix, flags: ["xdp_has_frags"] }];
}

/** Programs on socket calls with an address: for both IP versions, and some for Unix sockets. */
function addressRules(): readonly SectionRule[] {
  const type = "cgroup_sock_addr";
  const calls = ["connect", "sendmsg", "recvmsg", "getpeername", "getsockname"] as const;
  const ofCalls = calls.flatMap((call): readonly SectionRule[] => {
    const udp = call === "sendmsg" || call === "recvmsg";
    const ip = (version: 4 | 6): AttachType => {
      return udp ? `cgroup_udp${version}_${call}` : `cgroup_inet${version}_${call}`;
    };
    return [
      { prefix: `cgroup/${call}4`, type, attach: ip(4) },
      { prefix: `cgroup/${call}6`, type, attach: ip(6) },
      { prefix: `cgroup/${call}_unix`, type, attach: `cgroup_unix_${call}` },
    ];
  });
  return [
    { prefix: "cgroup/bind4", type, attach: "cgroup_inet4_bind" },
    { prefix: "cgroup/bind6", type, attach: "cgroup_inet6_bind" },
    ...ofCalls,
  ];
}
