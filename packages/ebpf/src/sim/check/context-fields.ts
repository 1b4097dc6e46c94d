/**
 * Which bytes of its context a program may read and write, by program type.
 *
 * A field is a range of bytes with what a load of it gives; loads of parts of a number are allowed as far as the kernel
 * allows them (`bpf_ctx_narrow_access_ok`). The tables follow the `is_valid_access` functions of net/core/filter.c,
 * kernel/trace/bpf_trace.c and kernel/bpf/cgroup.c, the offsets the structures of include/uapi/linux/bpf.h.
 * @module
 */
import type { ProgramType } from "../../spec/words.ts";
import type { PointerKind } from "./value.ts";

/** A range of bytes. */
export interface ContextField {
  readonly offset: number;
  readonly length: number;
  /** Bytes of one element: what is read or written at once. */
  readonly size: number;
  /** `bytes`: read and written in pieces of any size; `whole`: read, and only all of an element at once. */
  readonly access: "read" | "both" | "bytes" | "whole";
  /** What a load gives when it is no number. */
  readonly pointer?: PointerKind | "other";
  readonly nullable?: true;
}

/** The fields of a context; `undefined` where any aligned read below `size` is allowed. */
export interface ContextShape {
  readonly size: number;
  readonly fields: readonly ContextField[] | undefined;
  readonly writable?: true;
}

/** A pointer that may be null has a question mark; sizes are 4 bytes where they are left out, of pointers 8. */
type Row = readonly [
  offset: number,
  length: number,
  access?: ContextField["access"],
  pointer?: PointerKind | `${PointerKind}?` | "other" | undefined,
  size?: number,
];

function shape(size: number, rows: readonly Row[]): ContextShape {
  const fields = rows.map(([offset, length, access = "read", to, bytes]) => ({
    offset,
    length,
    access,
    size: bytes ?? (to === undefined ? 4 : 8),
    ...(to === undefined ? {} : { pointer: to.replace("?", "") as PointerKind }),
    ...(to?.endsWith("?") === true ? { nullable: true as const } : {}),
  }));
  return { size, fields };
}

/** Fields of `__sk_buff` that programs of each kind share: len to vlan_proto without mark and queue. */
const skbCommon: readonly Row[] = [
  [0, 8], // len, pkt_type
  [12, 20], // queue_mapping to vlan_proto
  [36, 8], // ingress_ifindex, ifindex
  [68, 4], // hash
  [164, 4], // gso_segs
  [176, 4], // gso_size
  [168, 8, "read", "sock_common?"],
];
const skbPriority: Row = [32, 4, "both"];
const skbMark: Row = [8, 4, "both"];
const skbCb: Row = [48, 20, "bytes"];
const skbFamily: readonly Row[] = [
  [88, 4], // family
  [92, 40, "whole"], // remote_ip4 to local_ip6
  [132, 8], // remote_port, local_port
];
const skbPacket: readonly Row[] = [
  [76, 4, "read", "pkt", 4],
  [80, 4, "read", "pkt_end", 4],
];

const trafficControl = shape(192, [
  ...skbCommon,
  ...skbPacket,
  skbPriority,
  skbMark,
  skbCb,
  [44, 4, "both"], // tc_index
  [72, 4, "both"], // tc_classid
  [84, 4], // napi_id
  [140, 4, "read", "pkt_meta", 4],
  [152, 8, "both", undefined, 8], // tstamp
  [160, 4], // wire_len
  [180, 1, "whole", undefined, 1], // tstamp_type
  [184, 8, "whole", undefined, 8], // hwtstamp
]);
const lightweightTunnel = shape(192, [
  ...skbCommon,
  ...skbPacket,
  skbMark,
  skbPriority,
  skbCb,
  [44, 4],
  [84, 4],
]);
const trace = (size: number): ContextShape => ({ size, fields: undefined });

const shapes: { readonly [Type in ProgramType]?: ContextShape } = {
  xdp: shape(24, [
    [0, 4, "read", "pkt", 4],
    [4, 4, "read", "pkt_end", 4],
    [8, 4, "read", "pkt_meta", 4],
    [12, 8, "whole"],
  ]),
  socket_filter: shape(192, [...skbCommon, [8, 4], [32, 4], skbCb, [44, 4], [84, 4]]),
  sched_cls: trafficControl,
  sched_act: trafficControl,
  cgroup_skb: shape(192, [
    ...skbCommon,
    ...skbPacket,
    skbMark,
    skbPriority,
    skbCb,
    ...skbFamily,
    [44, 4],
    [84, 4],
    [152, 8, "both", undefined, 8],
    [184, 8, "whole", undefined, 8],
  ]),
  lwt_in: lightweightTunnel,
  lwt_out: lightweightTunnel,
  lwt_xmit: lightweightTunnel,
  lwt_seg6local: lightweightTunnel,
  sk_skb: shape(192, [
    ...skbCommon,
    ...skbPacket,
    skbCb,
    [44, 4, "both"],
    skbPriority,
    ...skbFamily,
    [84, 4],
  ]),
  raw_tracepoint: trace(96),
  raw_tracepoint_writable: trace(96),
  kprobe: trace(168),
  tracepoint: trace(8192),
  perf_event: trace(184),
  syscall: { ...trace(65535), writable: true },
  cgroup_device: shape(12, [
    [0, 4],
    [4, 8, "whole"],
  ]),
  cgroup_sysctl: shape(8, [
    [0, 4],
    [4, 4, "both"],
  ]),
  cgroup_sock: shape(80, [
    [0, 4, "both"],
    [4, 12],
    [16, 8, "both"],
  ]),
  cgroup_sock_addr: shape(72, [
    [0, 4],
    [4, 24, "both"],
    [28, 12],
    [40, 20, "both"],
    [64, 8, "read", "sock"],
  ]),
  cgroup_sockopt: shape(40, [
    [0, 8, "read", "sock"],
    [8, 8, "read", "pkt"],
    [16, 8, "read", "pkt_end"],
    [24, 12, "whole"], // level, optname, optlen
    [36, 4, "whole"], // retval
  ]),
  sock_ops: shape(224, [
    [0, 4, "whole"],
    [4, 4, "both"], // reply
    [8, 156, "whole"],
    [164, 4, "both"], // sk_txhash
    [168, 16, "whole", undefined, 8],
    [184, 8, "read", "sock?"],
    [192, 8, "read", "pkt"],
    [200, 8, "read", "pkt_end"],
    [208, 4, "whole"],
    [212, 4], // skb_tcp_flags
    [216, 8, "whole", undefined, 8],
  ]),
  sk_msg: shape(80, [
    [0, 8, "read", "pkt"],
    [8, 8, "read", "pkt_end"],
    [16, 56, "whole"],
    [72, 8, "read", "sock"],
  ]),
  flow_dissector: shape(192, [...skbPacket, [144, 8, "read", "flow_keys"]]),
  sk_reuseport: shape(56, [
    [0, 8, "read", "pkt"],
    [8, 8, "read", "pkt_end"],
    [16, 16], // len to bind_inany
    [32, 4, "whole"],
    [40, 8, "read", "sock"],
    [48, 8, "read", "sock_common?"],
  ]),
  sk_lookup: shape(72, [
    [0, 8, "read", "sock?"],
    [8, 56],
    [64, 4],
  ]),
};

/** Fields that only programs at some places have, or may write to. */
const byPlace: Readonly<Record<string, readonly Row[]>> = {
  xdp_devmap: [[20, 4, "whole"]],
  cgroup_setsockopt: [[24, 12, "both"]],
  cgroup_getsockopt: [
    [32, 4, "both"],
    [36, 4, "both"],
  ],
};

/** The context of programs of a type; `undefined` when it is not known here. */
export function contextShape(type: ProgramType, place = ""): ContextShape | undefined {
  const known = shapes[type];
  const more = byPlace[place];
  if (known?.fields === undefined || more === undefined) return known;
  const hidden = place === "cgroup_setsockopt" ? 36 : Infinity;
  const fields = known.fields.filter(({ offset }) => offset < hidden);
  return { ...known, fields: [...shape(0, more).fields!, ...fields] };
}

/** Fields of sockets, of TCP's sockets and of sockets of XDP, which programs reach by addresses. */
export const socketShapes: { readonly [Kind in PointerKind]?: ContextShape } = {
  sock: shape(80, [
    [0, 4, "whole"],
    [4, 12],
    [16, 8, "whole"],
    [24, 20],
    [44, 4],
    [48, 2, "read", undefined, 2], // dst_port
    [48, 4, "whole"],
    [52, 20],
    [72, 8],
  ]),
  sock_common: shape(80, [
    [0, 4, "whole"],
    [4, 4],
    [24, 24],
    [48, 2, "read", undefined, 2],
    [48, 4, "whole"],
    [52, 20],
    [72, 8],
  ]),
  tcp_sock: shape(112, [
    [0, 80, "whole"],
    [80, 16, "whole", undefined, 8],
    [96, 16, "whole"],
  ]),
  xdp_sock: shape(4, [[0, 4, "whole"]]),
};

/** Fields of which two are read and written at once: addresses of IPv6 (`bpf_ctx_wide_access_ok`). */
const pairs: readonly (readonly [type: ProgramType, start: number, end: number])[] = [
  ["cgroup_sock_addr", 8, 24],
  ["cgroup_sock_addr", 44, 60],
];

/** Whether an access is one to two fields at once. */
export function isPair(type: ProgramType, offset: number, size: number): boolean {
  return (
    size === 8 &&
    offset % 8 === 0 &&
    pairs.some(([of, start, end]) => of === type && offset >= start && offset + 8 <= end)
  );
}

/** The field that an access falls into, when it is one that the kernel allows. */
export function contextField(
  { fields = [] }: ContextShape,
  offset: number,
  { size, write }: { readonly size: number; readonly write: boolean },
): ContextField | undefined {
  const field = fields.find((it) => offset >= it.offset && offset + size <= it.offset + it.length);
  if (field === undefined || offset % size !== 0) return undefined;
  if (field.access === "bytes") return field;
  if (write) return field.access === "both" && size === field.size ? field : undefined;
  const whole = field.pointer !== undefined || field.access === "whole" || field.size === 8;
  if (whole) return size === field.size ? field : undefined;
  return size <= field.size ? field : undefined;
}
