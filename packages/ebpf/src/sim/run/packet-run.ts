/**
 * A packet or message and the context that programs see it through, for as long as something runs on it.
 * @module
 */
import { viewOf } from "../../base/bytes.ts";
import type { Core } from "../core.ts";
import type { Packet } from "../packet.ts";
import type { GivenObject } from "../typed/given.ts";
import { Placement } from "../typed/placement.ts";
import { TypedWriter } from "../typed/typed-writer.ts";
import {
  contextAccess,
  type Fields,
  messageFields,
  reuseportFields,
  skbFields,
  xdpFields,
} from "./packet-context.ts";

/** In which form programs get it. `datagram` is a socket buffer that starts with the header of IP. */
export type PacketKind = "xdp" | "skb" | "datagram" | "stream" | "message" | "reuseport";

/** A packet, and fields of its context. */
export interface GivenPacket {
  readonly kind: PacketKind;
  readonly fields: GivenObject;
  readonly data: Uint8Array;
}

interface Form {
  readonly struct: string;
  readonly fields: Fields;
}

const socketBuffer: Form = { struct: "__sk_buff", fields: skbFields };

const forms: { readonly [Kind in PacketKind]: Form } = {
  xdp: { struct: "xdp_md", fields: xdpFields },
  skb: socketBuffer,
  datagram: socketBuffer,
  stream: socketBuffer,
  message: { struct: "sk_msg_md", fields: messageFields },
  reuseport: { struct: "sk_reuseport_md", fields: reuseportFields },
};

/** What `run` gives for the address of the context; the packet is {@link Core.packet} meanwhile. */
export function withPacket<T>(
  core: Core,
  given: GivenPacket,
  run: (context: bigint, bytes: Uint8Array) => T,
): T {
  using placement = new Placement(core.memory);
  const bytes = contextBytes(core, placement, given);
  core.packet.load(given.data, 0);
  if (forms[given.kind] === socketBuffer) core.packet.tag = tagOf(bytes);
  if (given.kind === "datagram") core.packet.network = 0;
  const access = contextAccess(bytes, forms[given.kind].fields, core.packet);
  const context = core.memory.allocate("context", bytes, { access });
  try {
    return run(context, bytes);
  } finally {
    core.memory.free(context);
  }
}

/** The tag that the fields of a context say. */
function tagOf(bytes: Uint8Array): Packet["tag"] {
  const view = viewOf(bytes);
  const [isThere, number, protocol] = [20, 24, 28].map((offset) => view.getUint32(offset, true));
  return isThere === 0 ? undefined : { number: number!, protocol: protocol! };
}

/** Bytes of the context; the protocol of a socket buffer is that of the packet. */
function contextBytes(
  core: Core,
  placement: Placement,
  { kind, fields, data }: GivenPacket,
): Uint8Array {
  const { struct } = forms[kind];
  const { contexts } = core.types;
  const { id, size } = contexts.typeByName(struct, "struct");
  const bytes = new Uint8Array(size);
  const protocol = protocolOf(kind, data);
  if (protocol !== undefined) viewOf(bytes).setUint32(protocolOffset, protocol, true);
  new TypedWriter(contexts, placement).write({ bytes, offset: 0, name: struct }, id, fields);
  return bytes;
}

/** Where `struct __sk_buff` has the protocol, which is in network order. */
const protocolOffset = 16;
/** ETH_P_IP and ETH_P_IPV6 of include/uapi/linux/if_ether.h, in network order. */
const ipProtocols: { readonly [version: number]: number } = { 4: 0x0008, 6: 0xdd86 };

function protocolOf(kind: PacketKind, data: Uint8Array): number | undefined {
  if (kind === "skb" && data.length >= 14) return viewOf(data).getUint16(12, true);
  return kind === "datagram" ? ipProtocols[data[0]! >> 4] : undefined;
}
