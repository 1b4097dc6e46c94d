/**
 * Packets of a simulation and the contexts programs see them through.
 *
 * As in the kernel's test runs there is free room before and behind the packet, so that programs can grow it. The
 * numbers in `data` and `data_end` are made up but for their distance.
 * @module
 */
import { littleEndian } from "../base/bytes.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import type { SkbContext } from "../spec/context/socket-buffer.ts";
import type { XdpContext } from "../spec/context/xdp.ts";
import { failed } from "../sim/errno.ts";

/** XDP_PACKET_HEADROOM, and as much behind. */
const room = 256;
/** Address of the start of the memory. */
const base = 0x1_0000;
const ethernetHeaderBytes = 14;

/** A packet in memory. */
export class PacketBuffer {
  readonly kind: "xdp" | "skb";
  readonly memory: Uint8Array<ArrayBuffer>;
  start: number = room;
  end: number;
  /** Where metadata starts. */
  meta: number = room;

  constructor(kind: "xdp" | "skb", bytes: Uint8Array) {
    this.kind = kind;
    this.memory = new Uint8Array(room + bytes.length + room);
    this.memory.set(bytes, room);
    this.end = room + bytes.length;
  }

  /** The packet as it is now. */
  get view(): DataView {
    return new DataView(this.memory.buffer, this.start, this.end - this.start);
  }

  /** A copy of the packet's bytes. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.memory.slice(this.start, this.end);
  }

  /** Made-up address of a place. */
  address(place: "start" | "end" | "meta"): number {
    return base + this[place];
  }

  /** Bytes from `offset`; `undefined` when they are not all in the packet. */
  part(offset: number, length: number): Uint8Array<ArrayBuffer> | undefined {
    const isInside = offset >= 0 && offset + length <= this.end - this.start;
    if (!isInside) return undefined;
    return new Uint8Array(this.memory.buffer, this.start + offset, length);
  }

  /** Moves the start: 0, or -EINVAL when there is no room. */
  moveStart(distance: number): number {
    const start = this.start + distance;
    if (start < 0 || start > this.end - ethernetHeaderBytes) return failed.invalid;
    this.start = start;
    this.meta = start;
    return 0;
  }

  /** Moves the end: 0, or -EINVAL when there is no room. What is added is zero. */
  moveEnd(distance: number): number {
    const end = this.end + distance;
    if (end > this.memory.length || end - this.start < ethernetHeaderBytes) return failed.invalid;
    if (distance > 0) this.memory.fill(0, this.end, end);
    this.end = end;
    return 0;
  }

  /** Moves the start of the metadata: 0, or -EINVAL. */
  moveMeta(distance: number): number {
    const meta = this.meta + distance;
    const bytes = this.start - meta;
    if (meta < 0 || bytes < 0 || bytes % 4 !== 0 || bytes > 252) return failed.invalid;
    this.meta = meta;
    return 0;
  }
}

const buffers = new WeakMap<object, PacketBuffer>();

/**
 * The packet behind a context.
 * @throws {InvalidArgumentError} when there is none.
 */
export function packetBehind(context: unknown): PacketBuffer {
  const found = typeof context === "object" && context !== null ? buffers.get(context) : undefined;
  if (found !== undefined) return found;
  throw new InvalidArgumentError("there is no packet behind this context", {
    hint: "make contexts of packets with xdp() or skb() of the simulation",
  });
}

/** A context of an XDP program. */
export function xdpContext(bytes: Uint8Array, fields: Partial<XdpContext>): XdpContext {
  const buffer = new PacketBuffer("xdp", bytes);
  const context: XdpContext = {
    get data() {
      return buffer.address("start");
    },
    get data_end() {
      return buffer.address("end");
    },
    get data_meta() {
      return buffer.address("meta");
    },
    ingress_ifindex: fields.ingress_ifindex ?? 1,
    rx_queue_index: fields.rx_queue_index ?? 0,
    egress_ifindex: fields.egress_ifindex ?? 0,
  };
  buffers.set(context, buffer);
  return context;
}

/** A context of a program on socket buffers. */
export function skbContext(bytes: Uint8Array, fields: Partial<SkbContext>): SkbContext {
  const buffer = new PacketBuffer("skb", bytes);
  const context = {
    ...skbDefaults,
    protocol: bytes.length < ethernetHeaderBytes ? 0 : etherType(bytes),
    remote_ip6: [0, 0, 0, 0],
    local_ip6: [0, 0, 0, 0],
    cb: [0, 0, 0, 0, 0],
    ...fields,
    get len() {
      return buffer.end - buffer.start;
    },
    get wire_len() {
      return buffer.end - buffer.start;
    },
    get data() {
      return buffer.address("start");
    },
    get data_end() {
      return buffer.address("end");
    },
    get data_meta() {
      return buffer.address("meta");
    },
  } satisfies SkbContext;
  buffers.set(context, buffer);
  return context;
}

/** In network order, as the kernel keeps it. */
function etherType(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint16(12, littleEndian);
}

const skbDefaults = {
  pkt_type: 0,
  mark: 0,
  queue_mapping: 0,
  vlan_present: 0,
  vlan_tci: 0,
  vlan_proto: 0,
  priority: 0,
  ingress_ifindex: 1,
  ifindex: 1,
  tc_index: 0,
  hash: 0,
  tc_classid: 0,
  napi_id: 0,
  family: 0,
  remote_ip4: 0,
  local_ip4: 0,
  remote_port: 0,
  local_port: 0,
  flow_keys: undefined,
  tstamp: 0n,
  gso_segs: 0,
  sk: undefined,
  gso_size: 0,
  tstamp_type: 0,
  hwtstamp: 0n,
};
