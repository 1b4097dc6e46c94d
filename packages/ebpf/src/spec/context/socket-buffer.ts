/**
 * Context of programs on socket buffers: `struct __sk_buff` of include/uapi/linux/bpf.h.
 *
 * Which fields a program may read and write depends on its type; the verifier knows (net/core/filter.c).
 * @module
 */
import type { BpfSock } from "./socket.ts";
import type { KernelPointer } from "./loose.ts";

/** A packet with all the kernel knows of it. Its bytes are reached with `packet(ctx)`. */
export interface SkbContext {
  readonly len: number;
  readonly pkt_type: number;
  mark: number;
  queue_mapping: number;
  readonly protocol: number;
  readonly vlan_present: number;
  readonly vlan_tci: number;
  readonly vlan_proto: number;
  priority: number;
  readonly ingress_ifindex: number;
  readonly ifindex: number;
  tc_index: number;
  cb: number[];
  readonly hash: number;
  tc_classid: number;
  readonly data: number;
  readonly data_end: number;
  readonly napi_id: number;
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
  readonly data_meta: number;
  readonly flow_keys: KernelPointer;
  tstamp: bigint;
  readonly wire_len: number;
  readonly gso_segs: number;
  readonly sk: BpfSock | undefined;
  readonly gso_size: number;
  readonly tstamp_type: number;
  readonly hwtstamp: bigint;
}
