/**
 * Contexts of programs on packets: `struct xdp_md` and `struct __sk_buff`, some of whose fields are made when they are read.
 * @module
 */
import { viewOf } from "../../base/bytes.ts";
import type { Packet } from "../packet.ts";
import type { RegionAccess } from "../vm/memory.ts";

/** Fields of a context that are addresses or change while the program runs, by their offset. */
export type Fields = { readonly [offset: number]: (packet: Packet) => bigint };

/** `struct xdp_md`. */
export const xdpFields: Fields = {
  0: (packet) => packet.at(packet.start),
  4: (packet) => packet.at(packet.end),
  8: (packet) => packet.at(packet.meta),
};

/** `struct __sk_buff`. */
export const skbFields: Fields = {
  0: (packet) => BigInt(packet.length),
  76: (packet) => packet.at(packet.start),
  80: (packet) => packet.at(packet.end),
  140: (packet) => packet.at(packet.meta),
};

/** Answers for a context of these bytes: a field of 4 bytes may give an address. */
export function contextAccess(context: Uint8Array, fields: Fields, packet: Packet): RegionAccess {
  const view = viewOf(context);
  return {
    load: (offset, size) => {
      if (offset < 0 || offset + size > context.length) return undefined;
      const field = fields[offset];
      return field !== undefined && size === 4 ? field(packet) : loadFrom(view, offset, size);
    },
    store: (offset, size, value) => {
      if (offset < 0 || offset + size > context.length || fields[offset] !== undefined)
        return false;
      storeTo(view, offset, size, value);
      return true;
    },
  };
}

function loadFrom(view: DataView, offset: number, size: number): bigint {
  if (size === 8) return view.getBigUint64(offset, true);
  if (size === 4) return BigInt(view.getUint32(offset, true));
  return BigInt(size === 2 ? view.getUint16(offset, true) : view.getUint8(offset));
}

function storeTo(view: DataView, offset: number, size: number, value: bigint): void {
  if (size === 8) view.setBigUint64(offset, value, true);
  else if (size === 4) view.setUint32(offset, Number(value), true);
  else if (size === 2) view.setUint16(offset, Number(value), true);
  else view.setUint8(offset, Number(value));
}
