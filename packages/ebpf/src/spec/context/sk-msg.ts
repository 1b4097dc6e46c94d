/**
 * Context of programs on messages of sockets: `struct sk_msg_md` of include/uapi/linux/bpf.h.
 * @module
 */
import type { BpfSock } from "./socket.ts";
import type { KernelPointer } from "./loose.ts";

/** Bytes that a process sends through a socket. */
export interface SkMsgContext {
  readonly data: KernelPointer;
  readonly data_end: KernelPointer;
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
  readonly size: number;
  readonly sk: BpfSock;
}
