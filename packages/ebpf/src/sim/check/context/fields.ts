/**
 * What loads of a program's context give when that is no number: addresses of packets and sockets.
 *
 * Which loads and stores are allowed at all is told by `access.ts`; types of programs whose whole context may be
 * read are here. Offsets are those of the structures of include/uapi/linux/bpf.h, what a load gives that of the
 * `is_valid_access` functions of net/core/filter.c and kernel/bpf/cgroup.c.
 * @module
 */
import type { ProgramType } from "../../../spec/words.ts";
import type { PointerKind } from "../state/value.ts";

/** What is at an offset; a pointer that may be null has a question mark. */
type Fields = Readonly<Record<number, PointerKind | `${PointerKind}?`>>;

const packet: Fields = { 76: "pkt", 80: "pkt_end" };
const socket: Fields = { 168: "sock_common?" };
const buffer: Fields = { ...packet, ...socket };

const pointers: { readonly [Type in ProgramType]?: Fields } = {
  xdp: { 0: "pkt", 4: "pkt_end", 8: "pkt_meta" },
  socket_filter: socket,
  sched_cls: { ...buffer, 140: "pkt_meta" },
  sched_act: { ...buffer, 140: "pkt_meta" },
  cgroup_skb: buffer,
  lwt_in: buffer,
  lwt_out: buffer,
  lwt_xmit: buffer,
  lwt_seg6local: buffer,
  sk_skb: buffer,
  flow_dissector: { ...packet, 144: "flow_keys" },
  cgroup_sock_addr: { 64: "sock" },
  cgroup_sockopt: { 0: "sock", 8: "pkt", 16: "pkt_end" },
  sock_ops: { 184: "sock?", 192: "pkt", 200: "pkt_end" },
  sk_msg: { 0: "pkt", 8: "pkt_end", 72: "sock" },
  sk_reuseport: { 0: "pkt", 8: "pkt_end", 40: "sock", 48: "sock_common?" },
  sk_lookup: { 0: "sock?" },
};

/** What a load at an offset gives when it is no number. */
export function pointerAt(
  type: ProgramType,
  offset: number,
): { readonly kind: PointerKind; readonly nullable: boolean } | undefined {
  const field = pointers[type]?.[offset];
  if (field === undefined) return undefined;
  return { kind: field.replace("?", "") as PointerKind, nullable: field.endsWith("?") };
}

/** Bytes of contexts that are read wherever one likes, as long as the offset is a multiple of the size. */
const open: {
  readonly [Type in ProgramType]?: { readonly size: number; readonly writable?: true };
} = {
  raw_tracepoint: { size: 96 },
  raw_tracepoint_writable: { size: 96 },
  kprobe: { size: 168 },
  tracepoint: { size: 8192 },
  syscall: { size: 65535, writable: true },
};

/** Whether an access of a context without fields is allowed; `undefined` when it has fields, or nothing is known of it. */
export function mayAccessOpen(
  type: ProgramType,
  {
    offset,
    size,
    write,
  }: { readonly offset: number; readonly size: number; readonly write: boolean },
): boolean | undefined {
  const shape = open[type];
  if (shape === undefined) return undefined;
  const inside = offset >= 0 && offset + size <= shape.size && offset % size === 0;
  return inside && (!write || shape.writable === true);
}
