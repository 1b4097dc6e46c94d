/**
 * A packet with room in front and behind, as XDP and socket programs have it.
 * @module
 */
import type { Memory } from "./vm/memory.ts";

/** Room in front of packets: XDP_PACKET_HEADROOM of include/uapi/linux/bpf.h. */
const headroom = 256;
/** Room behind: what a page leaves after headroom and `struct skb_shared_info`. */
const tailroom = 320;

/** One packet, in a region of its own that is used for one packet after the other. */
export class Packet {
  readonly #memory: Memory;
  readonly #address: bigint;
  #bytes: Uint8Array = new Uint8Array();
  /** Memory of the largest packet so far. */
  #room: Uint8Array = new Uint8Array(2048);
  /** Where the packet and its metadata start, and where it ends, in the region. */
  start = 0;
  meta = 0;
  end = 0;
  /** Interface, or key of a map, that the program sends it to. */
  redirect: number | undefined;
  /** Copies that programs have sent out through interfaces. */
  readonly clones: { readonly interface: number; readonly packet: Uint8Array }[] = [];

  constructor(memory: Memory) {
    this.#memory = memory;
    this.#address = memory.allocate("packet", 0);
  }

  /** Takes a copy of a packet; the first `hidden` bytes are in front of what programs see. */
  load(data: Uint8Array, hidden: number): void {
    const needed = headroom + data.length + tailroom;
    if (this.#bytes.length !== needed) {
      if (this.#room.length < needed) this.#room = new Uint8Array(needed);
      this.#bytes = this.#room.subarray(0, needed);
      this.#memory.replace(this.#address, this.#bytes);
    }
    this.#bytes.fill(0, 0, headroom);
    this.#bytes.set(data, headroom);
    this.#bytes.fill(0, headroom + data.length);
    this.start = headroom + hidden;
    this.meta = this.start;
    this.end = headroom + data.length;
    this.redirect = undefined;
    this.clones.length = 0;
  }

  /** Address of a place in the region. */
  at(place: number): bigint {
    return this.#address + BigInt(place);
  }

  /** Bytes that programs see. */
  get length(): number {
    return this.end - this.start;
  }

  /** The packet, with `hidden` bytes in front of what programs see. */
  bytes(hidden = 0): Uint8Array {
    return this.#bytes.subarray(this.start - hidden, this.end);
  }

  /** A number of the packet in network order, for legacy loads; `undefined` beyond its end. */
  loadNumber(offset: number, size: number): number | undefined {
    if (offset < 0 || offset + size > this.length) return undefined;
    const at = this.start + offset;
    return this.#bytes.subarray(at, at + size).reduce((sum, byte) => sum * 256 + byte, 0);
  }

  /** Moves the start; false when there is no room, or less than an Ethernet header would be left. */
  moveStart(by: number): boolean {
    const start = this.start + by;
    const metaLength = this.start - this.meta;
    if (start - metaLength < 0 || start > this.end - 14) return false;
    this.#bytes.copyWithin(start - metaLength, this.meta, this.start);
    this.start = start;
    this.meta = start - metaLength;
    return true;
  }

  /** Moves the end; what is new there is zero. */
  moveEnd(by: number): boolean {
    const end = this.end + by;
    if (end > this.#bytes.length || end < this.start + 14) return false;
    if (by > 0) this.#bytes.fill(0, this.end, end);
    this.end = end;
    return true;
  }

  /** Makes room for `by` bytes at a place, or takes as many away; false when there is none. */
  insert(place: number, by: number): boolean {
    if (place > this.length || place - by > this.length) return false;
    const front = this.bytes().slice(0, place);
    const start = this.start - by;
    if (start < 0 || start > this.end - 14) return false;
    this.#bytes.set(front, start);
    if (by > 0) this.#bytes.fill(0, start + place, start + place + by);
    this.start = start;
    this.meta = start;
    return true;
  }

  /** A hash of the bytes, never 0. */
  hash(): number {
    let hash = 0x811c9dc5;
    for (const byte of this.bytes()) hash = Math.imul(hash ^ byte, 0x01000193);
    return hash >>> 0 || 1;
  }

  /** Moves the start of the metadata: at most 32 bytes, in words. */
  moveMeta(by: number): boolean {
    const meta = this.meta + by;
    const length = this.start - meta;
    if (meta < 0 || length < 0 || length > 32 || length % 4 !== 0) return false;
    this.meta = meta;
    return true;
  }

  free(): void {
    this.#memory.free(this.#address);
  }
}
