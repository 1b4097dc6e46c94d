/**
 * A packet and the context that programs see it through, for as long as something runs on it.
 * @module
 */
import { viewOf } from "../../base/bytes.ts";
import type { Core } from "../core.ts";
import type { GivenObject } from "../typed/given.ts";
import { Placement } from "../typed/placement.ts";
import { TypedWriter } from "../typed/typed-writer.ts";
import { contextAccess, skbFields, xdpFields } from "./packet-context.ts";

/** In which form programs get it. */
export type PacketKind = "xdp" | "skb";

/** A packet, and fields of its context. */
export interface GivenPacket {
  readonly kind: PacketKind;
  readonly fields: GivenObject;
  readonly data: Uint8Array;
}

const structs = { xdp: "xdp_md", skb: "__sk_buff" } as const;

/** What `run` gives for the address of the context; the packet is {@link Core.packet} meanwhile. */
export function withPacket<T>(
  core: Core,
  { kind, fields, data }: GivenPacket,
  run: (context: bigint) => T,
): T {
  const bytes = contextBytes(core, { kind, fields, data });
  core.packet.load(data, 0);
  const access = contextAccess(bytes, kind === "xdp" ? xdpFields : skbFields, core.packet);
  const context = core.memory.allocate("context", bytes, { access });
  try {
    return run(context);
  } finally {
    core.memory.free(context);
  }
}

/** Bytes of the context; the protocol of a socket buffer is that of the packet. */
function contextBytes(core: Core, { kind, fields, data }: GivenPacket): Uint8Array {
  using placement = new Placement(core.memory);
  const { contexts } = core.types;
  const { id, size } = contexts.typeByName(structs[kind], "struct");
  const bytes = new Uint8Array(size);
  if (kind === "skb" && data.length >= 14)
    viewOf(bytes).setUint32(16, viewOf(data).getUint16(12, true), true);
  new TypedWriter(contexts, placement).write({ bytes, offset: 0, name: structs[kind] }, id, fields);
  return bytes;
}
