/**
 * Messages of netlink: a header, a struct of the family, and attributes (include/uapi/linux/netlink.h).
 *
 *     +--------+------+-------+--------+------+----------------+-----------+------------------+---
 *     | length | type | flags | number | port | family's struct | len, type | value, padded to 4 | …
 *     +--------+------+-------+--------+------+----------------+-----------+------------------+---
 *        4        2      2       4       4                         2    2
 * @module
 */
import { alignUp, littleEndian, viewOf, zeroTerminated } from "../../base/bytes.ts";
import { netlinkAttribute, netlinkHeader } from "../generated/attributes.ts";
import { assertFits, KernelRecord } from "../call/record.ts";

/** A message as it is sent. */
export interface NetlinkRequest {
  readonly type: number;
  readonly flags: number;
  /** The family's struct and the attributes behind it. */
  readonly body: Uint8Array;
}

/** A message as it came. */
export interface NetlinkMessage {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  readonly body: Uint8Array;
}

/** Bits of an attribute's type that say something else: nested, and in network byte order. */
const attributeFlags = 0xc000;
const nestedFlag = 0x8000;

/** The bytes of a request. */
export function encodeRequest({ type, flags, body }: NetlinkRequest, sequence: number): Uint8Array {
  const length = netlinkHeader.sizeBytes + body.length;
  const header = new KernelRecord(netlinkHeader)
    .set(netlinkHeader.nlmsgLen, length)
    .set(netlinkHeader.nlmsgType, type)
    .set(netlinkHeader.nlmsgFlags, flags)
    .set(netlinkHeader.nlmsgSeq, sequence);
  return concatenate([header.bytes, body]);
}

/** The bytes of an attribute, padded. */
export function encodeAttribute(type: number, value: Uint8Array): Uint8Array {
  const header = new KernelRecord(netlinkAttribute)
    .set(netlinkAttribute.nlaLen, netlinkAttribute.sizeBytes + value.length)
    .set(netlinkAttribute.nlaType, type);
  const padding = new Uint8Array(alignUp(value.length, 4) - value.length);
  return concatenate([header.bytes, value, padding]);
}

/**
 * The bytes of an attribute that is a number of 32 bits.
 * @throws {InvalidArgumentError} when it is not.
 */
export function encodeNumber(type: number, value: number): Uint8Array {
  assertFits(value, 32);
  return encodeAttribute(type, new Uint8Array(Uint32Array.of(value).buffer));
}

/** The bytes of an attribute that is a text. */
export function encodeText(type: number, text: string): Uint8Array {
  return encodeAttribute(type, zeroTerminated(text));
}

/** The bytes of an attribute that consists of others. */
export function encodeNested(type: number, parts: readonly Uint8Array[]): Uint8Array {
  return encodeAttribute(type | nestedFlag, concatenate(parts));
}

/** The number in an attribute of 1, 2 or 4 bytes; 0 for others, and for one that is not there. */
export function decodeNumber(value: Uint8Array | undefined): number {
  if (value === undefined) return 0;
  const view = viewOf(value);
  if (value.length === 4) return view.getUint32(0, littleEndian);
  if (value.length === 2) return view.getUint16(0, littleEndian);
  return value.length === 1 ? view.getUint8(0) : 0;
}

/** The messages of one datagram. What does not fit its own length ends the walk. */
export function* decodeMessages(datagram: Uint8Array): Generator<NetlinkMessage> {
  const view = viewOf(datagram);
  for (let at = 0; at + netlinkHeader.sizeBytes <= datagram.length;) {
    const length = view.getUint32(at + netlinkHeader.nlmsgLen[0], littleEndian);
    if (length < netlinkHeader.sizeBytes || at + length > datagram.length) return;
    yield {
      type: view.getUint16(at + netlinkHeader.nlmsgType[0], littleEndian),
      flags: view.getUint16(at + netlinkHeader.nlmsgFlags[0], littleEndian),
      sequence: view.getUint32(at + netlinkHeader.nlmsgSeq[0], littleEndian),
      body: datagram.subarray(at + netlinkHeader.sizeBytes, at + length),
    };
    at += alignUp(length, 4);
  }
}

/** The attributes in `bytes` by type; of several of one type the last. */
export function decodeAttributes(bytes: Uint8Array): ReadonlyMap<number, Uint8Array> {
  const view = viewOf(bytes);
  const attributes = new Map<number, Uint8Array>();
  for (let at = 0; at + netlinkAttribute.sizeBytes <= bytes.length;) {
    const length = view.getUint16(at + netlinkAttribute.nlaLen[0], littleEndian);
    if (length < netlinkAttribute.sizeBytes || at + length > bytes.length) break;
    const type = view.getUint16(at + netlinkAttribute.nlaType[0], littleEndian) & ~attributeFlags;
    attributes.set(type, bytes.subarray(at + netlinkAttribute.sizeBytes, at + length));
    at += alignUp(length, 4);
  }
  return attributes;
}

/** The parts one behind the other. */
export function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const total = parts.reduce((length, part) => length + part.length, 0);
  const bytes = new Uint8Array(total);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
