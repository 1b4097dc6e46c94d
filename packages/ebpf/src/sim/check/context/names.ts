/**
 * What C calls the context of programs of a type: the second columns of include/linux/bpf_types.h.
 * @module
 */
import type { ProgramType } from "../../../spec/words.ts";

const packets = ["__sk_buff"] as const;

/** Names of structs and typedefs. */
export const contextNames: { readonly [Type in ProgramType]?: readonly string[] } = {
  socket_filter: packets,
  sched_cls: packets,
  sched_act: packets,
  cgroup_skb: packets,
  lwt_in: packets,
  lwt_out: packets,
  lwt_xmit: packets,
  lwt_seg6local: packets,
  sk_skb: packets,
  flow_dissector: packets,
  xdp: ["xdp_md"],
  cgroup_sock: ["bpf_sock"],
  cgroup_sock_addr: ["bpf_sock_addr"],
  sock_ops: ["bpf_sock_ops"],
  sk_msg: ["sk_msg_md"],
  kprobe: ["bpf_user_pt_regs_t", "pt_regs"],
  perf_event: ["bpf_perf_event_data"],
  raw_tracepoint: ["bpf_raw_tracepoint_args"],
  raw_tracepoint_writable: ["bpf_raw_tracepoint_args"],
  cgroup_device: ["bpf_cgroup_dev_ctx"],
  cgroup_sysctl: ["bpf_sysctl"],
  cgroup_sockopt: ["bpf_sockopt"],
  sk_reuseport: ["sk_reuseport_md"],
  sk_lookup: ["bpf_sk_lookup"],
  netfilter: ["bpf_nf_ctx"],
};
