/**
 * Contexts of programs, as programs see them.
 *
 * A context is a struct whose fields the verifier turns into loads from the kernel's own; a few of them programs may
 * also store to. Both tables are facts of the kernel that its BTF does not hold.
 * @module
 */

/** Struct of the context, by the type of the program. Source: include/linux/bpf_types.h. */
export const contextStructs: { readonly [programType: string]: string } = {
  socket_filter: "__sk_buff",
  sched_cls: "__sk_buff",
  sched_act: "__sk_buff",
  xdp: "xdp_md",
  cgroup_skb: "__sk_buff",
  cgroup_sock: "bpf_sock",
  cgroup_sock_addr: "bpf_sock_addr",
  cgroup_sockopt: "bpf_sockopt",
  cgroup_sysctl: "bpf_sysctl",
  cgroup_device: "bpf_cgroup_dev_ctx",
  lwt_in: "__sk_buff",
  lwt_out: "__sk_buff",
  lwt_xmit: "__sk_buff",
  lwt_seg6local: "__sk_buff",
  sock_ops: "bpf_sock_ops",
  sk_skb: "__sk_buff",
  sk_msg: "sk_msg_md",
  sk_reuseport: "sk_reuseport_md",
  sk_lookup: "bpf_sk_lookup",
  flow_dissector: "__sk_buff",
  netfilter: "bpf_nf_ctx",
  kprobe: "pt_regs",
  perf_event: "bpf_perf_event_data",
  raw_tracepoint: "bpf_raw_tracepoint_args",
  raw_tracepoint_writable: "bpf_raw_tracepoint_args",
};

/**
 * Fields that some type of program may store to, by struct of the context. Source: the functions
 * `…_is_valid_access` in net/core/filter.c and kernel/bpf/cgroup.c.
 */
export const writableFields: { readonly [struct: string]: readonly string[] } = {
  __sk_buff: ["mark", "priority", "queue_mapping", "tc_index", "tc_classid", "cb", "tstamp"],
  bpf_sock: ["bound_dev_if", "mark", "priority"],
  bpf_sock_addr: ["user_ip4", "user_ip6", "user_port", "msg_src_ip4", "msg_src_ip6"],
  bpf_sock_ops: ["reply", "replylong", "sk_txhash"],
  bpf_sockopt: ["level", "optname", "optlen", "retval"],
  bpf_sysctl: ["file_pos"],
};
