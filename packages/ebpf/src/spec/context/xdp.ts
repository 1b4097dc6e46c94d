/**
 * Context of XDP programs: `struct xdp_md` of include/uapi/linux/bpf.h.
 * @module
 */
/** A packet that has just been received. Its bytes are reached with `packet(ctx)`. */
export interface XdpContext {
  readonly data: number;
  readonly data_end: number;
  readonly data_meta: number;
  readonly ingress_ifindex: number;
  readonly rx_queue_index: number;
  readonly egress_ifindex: number;
}
