/**
 * Context of programs on events of TCP sockets: `struct bpf_sock_ops` of include/uapi/linux/bpf.h.
 * @module
 */
import type { BpfSock } from "./socket.ts";
import type { KernelPointer } from "./loose.ts";

/** A socket and what happens to it (`op`, a number of BPF_SOCK_OPS_…). */
export interface SockOpsContext {
  readonly op: number;
  readonly args: readonly number[];
  reply: number;
  replylong: number[];
  readonly family: number;
  /** Network order. */
  readonly remote_ip4: number;
  /** Network order. */
  readonly local_ip4: number;
  /** Network order. */
  readonly remote_ip6: readonly number[];
  /** Network order. */
  readonly local_ip6: readonly number[];
  /** Network order, in the upper half. */
  readonly remote_port: number;
  /** Host order. */
  readonly local_port: number;
  readonly is_fullsock: number;
  readonly snd_cwnd: number;
  readonly srtt_us: number;
  readonly bpf_sock_ops_cb_flags: number;
  readonly state: number;
  readonly rtt_min: number;
  readonly snd_ssthresh: number;
  readonly rcv_nxt: number;
  readonly snd_nxt: number;
  readonly snd_una: number;
  readonly mss_cache: number;
  readonly ecn_flags: number;
  readonly rate_delivered: number;
  readonly rate_interval_us: number;
  readonly packets_out: number;
  readonly retrans_out: number;
  readonly total_retrans: number;
  readonly segs_in: number;
  readonly data_segs_in: number;
  readonly segs_out: number;
  readonly data_segs_out: number;
  readonly lost_out: number;
  readonly sacked_out: number;
  sk_txhash: number;
  readonly bytes_received: bigint;
  readonly bytes_acked: bigint;
  readonly sk: BpfSock | undefined;
  readonly skb_data: KernelPointer;
  readonly skb_data_end: KernelPointer;
  readonly skb_len: number;
  readonly skb_tcp_flags: number;
  readonly skb_hwtstamp: bigint;
}
