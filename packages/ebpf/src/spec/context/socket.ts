/**
 * What programs see of a socket: `struct bpf_sock` of include/uapi/linux/bpf.h.
 * @module
 */

/** A socket. Only `bound_dev_if`, `mark` and `priority` can be written, by programs on the creation of sockets. */
export interface BpfSock {
  bound_dev_if: number;
  readonly family: number;
  readonly type: number;
  readonly protocol: number;
  mark: number;
  priority: number;
  /** Network order. */
  readonly src_ip4: number;
  /** Network order. */
  readonly src_ip6: readonly number[];
  /** Host order. */
  readonly src_port: number;
  /** Network order. */
  readonly dst_port: number;
  /** Network order. */
  readonly dst_ip4: number;
  /** Network order. */
  readonly dst_ip6: readonly number[];
  readonly state: number;
  readonly rx_queue_mapping: number;
}
