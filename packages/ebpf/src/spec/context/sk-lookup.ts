/**
 * Context of programs that choose the socket for a packet: `struct bpf_sk_lookup` of include/uapi/linux/bpf.h.
 * @module
 */
import type { BpfSock } from "./socket.ts";

/** A packet for which a listening or unconnected socket is looked for. */
export interface SkLookupContext {
  readonly sk: BpfSock | undefined;
  readonly cookie: bigint;
  readonly family: number;
  readonly protocol: number;
  /** Network order. */
  readonly remote_ip4: number;
  /** Network order. */
  readonly remote_ip6: readonly number[];
  /** Network order. */
  readonly remote_port: number;
  /** Network order. */
  readonly local_ip4: number;
  /** Network order. */
  readonly local_ip6: readonly number[];
  /** Host order. */
  readonly local_port: number;
  readonly ingress_ifindex: number;
}
