/**
 * Contexts of programs on packets and messages: `struct xdp_md`, `struct __sk_buff` and the like, some of whose fields are made
 * when they are read.
 * @module
 */
import { viewOf } from "../../base/bytes.ts";
import type { Packet } from "../packet.ts";
import type { RegionAccess } from "../vm/memory.ts";

/** A field of a context that is an address or changes while the program runs. */
export interface Field {
  /** Its bytes: accesses of another size see what lies there. */
  readonly size: 4 | 8;
  /** Left out, it is what lies there. */
  readonly read?: (packet: Packet) => bigint;
  /** Left out, it cannot be written. */
  readonly write?: (value: bigint) => void;
  /** In place of `write`: what then lies there; `undefined` leaves it as it was. */
  readonly kept?: (value: bigint) => bigint | undefined;
}

/** Such fields by their offset. */
export type Fields = { readonly [offset: number]: Field };

type Read = NonNullable<Field["read"]>;
const half = (read: Read): Field => ({ size: 4, read });
const whole = (read: Read): Field => ({ size: 8, read });
/** A field that the kernel keeps in 16 bits. */
const short: Field = { size: 4, kept: (value) => value & 0xffffn };
/** `queue_mapping`, of which NO_QUEUE_MAPPING and more is not taken. */
const queue: Field = { size: 4, kept: (value) => (value < 0xffffn ? value : undefined) };
const start = (packet: Packet): bigint => packet.at(packet.start);
const end = (packet: Packet): bigint => packet.at(packet.end);
const meta = (packet: Packet): bigint => packet.at(packet.meta);
const length = (packet: Packet): bigint => BigInt(packet.length);

/** `struct xdp_md`. */
export const xdpFields: Fields = { 0: half(start), 4: half(end), 8: half(meta) };

/** `struct __sk_buff`. */
export const skbFields: Fields = {
  0: half(length),
  12: queue,
  20: half(({ tag }) => (tag === undefined ? 0n : 1n)),
  24: half(({ tag }) => BigInt(tag?.number ?? 0)),
  28: half(({ tag }) => BigInt(tag?.protocol ?? 0)),
  44: short,
  72: short,
  76: half(start),
  80: half(end),
  140: half(meta),
};

/** `struct sk_msg_md`: a program sees the part of the message that it asked for. */
export const messageFields: Fields = {
  0: whole((packet) => packet.at(packet.start + packet.visible.from)),
  8: whole((packet) => packet.at(packet.start + packet.visible.to)),
  68: half(length),
};

/** `struct sk_reuseport_md`. */
export const reuseportFields: Fields = { 0: whole(start), 8: whole(end), 16: half(length) };

/** Answers for a context of these bytes. */
export function contextAccess(context: Uint8Array, fields: Fields, packet: Packet): RegionAccess {
  const view = viewOf(context);
  return {
    load: (offset, size) => {
      if (offset < 0 || offset + size > context.length) return undefined;
      const field = fields[offset];
      if (field?.read === undefined || size > field.size) return loadFrom(view, offset, size);
      // Of an address there are all 64 bits, of a number as many as are read.
      return size === field.size
        ? field.read(packet)
        : BigInt.asUintN(8 * size, field.read(packet));
    },
    store: (offset, size, value) => {
      if (offset < 0 || offset + size > context.length) return false;
      const field = fields[offset];
      if (field === undefined) storeTo(view, offset, size, value);
      else if (field.size !== size || (field.write ?? field.kept) === undefined) return false;
      else if (field.write !== undefined) field.write(value);
      else storeTo(view, offset, size, field.kept!(value) ?? loadFrom(view, offset, size));
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
