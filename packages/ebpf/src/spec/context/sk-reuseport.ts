/**
 * Context of programs that choose among the sockets of one port: `struct sk_reuseport_md` of include/uapi/linux/bpf.h.
 * @module
 */
import type { BpfSock } from "./socket.ts";

/** A packet for a group of sockets that share a port (`SO_REUSEPORT`). */
export interface SkReuseportContext {
  readonly data: number;
  readonly data_end: number;
  /** Bytes from the header of TCP or UDP on. */
  readonly len: number;
  /** Network order. */
  readonly eth_protocol: number;
  readonly ip_protocol: number;
  /** 1 when all sockets of the group are bound to any address. */
  readonly bind_inany: number;
  /** Of addresses and ports of the packet. */
  readonly hash: number;
  /** One of the group. Minimum kernel 5.14. */
  readonly sk: BpfSock;
  /** The socket that gives its connection away; not there for others. Minimum kernel 5.14. */
  readonly migrating_sk: BpfSock | undefined;
}
