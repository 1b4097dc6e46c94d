/**
 * A packet with room in front and behind, as XDP and socket programs have it.
 * @module
 */
import type { SimulatedXdpSocket } from "./attach/simulated-xdp-socket.ts";
import { errno } from "../kernel/errno.ts";
import { failed } from "./errno.ts";
import type { Memory } from "./vm/memory.ts";

/** Room in front of packets: XDP_PACKET_HEADROOM of include/uapi/linux/bpf.h. */
const headroom = 256;
/** What XDP programs cannot have of it: `struct xdp_frame` of include/net/xdp.h. */
const frameBytes = 40;
/** The least that headroom, packet and room behind it have: a page without `struct skb_shared_info`. */
const regionBytes = 4096 - 320;
/** Header of Ethernet. */
const linkBytes = 14;
/** SKF_NET_OFF and SKF_LL_OFF of include/uapi/linux/filter.h. */
const [fromNetwork, fromLink] = [-0x10_0000, -0x20_0000];
/** Longest metadata: the words that a number of 8 bits can count (`xdp_metalen_invalid` of include/net/xdp.h). */
const longestMetadata = 252;

/** Bytes of the addresses of Ethernet, behind which a tag is. */
const addressBytes = 12;

/** One packet, in a region of its own that is used for one packet after the other. */
export class Packet {
  readonly #memory: Memory;
  readonly #address: bigint;
  #bytes: Uint8Array = new Uint8Array();
  /** Memory of the largest packet so far. */
  #room: Uint8Array = new Uint8Array(regionBytes);
  /** Where the packet and its metadata start, and where it ends, in the region. */
  start = 0;
  meta = 0;
  end = 0;
  /** Bytes that programs see in front of the network header. */
  network = 0;
  /** Bytes from the start to the header of Ethernet. */
  #link = 0;
  /** Part of a message that programs see, from its start. */
  visible = { from: 0, to: 0 };
  /** Interface, key of a map, or socket that the program sends it to. */
  redirect: number | undefined;
  /** Whether it comes in there, and does not go out. */
  comesIn = false;
  /** The AF_XDP socket that the packet was sent to. */
  xdpSocket: SimulatedXdpSocket | undefined;
  /** The tag of a virtual network that lies beside the packet until it is sent. */
  tag: { readonly protocol: number; readonly number: number } | undefined;
  /** The tunnel that it came through or goes into: `struct bpf_tunnel_key`, and options. */
  tunnelKey: Uint8Array | undefined;
  tunnelOptions: Uint8Array = new Uint8Array();
  /** Copies that programs have sent out through interfaces. */
  readonly clones: { readonly interface: number; readonly packet: Uint8Array }[] = [];

  constructor(memory: Memory) {
    this.#memory = memory;
    this.#address = memory.allocate("packet", 0);
  }

  /**
   * Takes a copy of a packet, whose first bytes are metadata; the first `hidden` bytes behind them are in front of what
   * programs see.
   */
  load(data: Uint8Array, hidden: number, metadata = 0): void {
    this.#put(data, hidden, metadata);
    this.network = linkBytes - hidden;
    this.#link = -hidden;
    this.redirect = undefined;
    this.comesIn = false;
    this.xdpSocket = undefined;
    this.tunnelKey = undefined;
    this.tag = undefined;
    this.clones.length = 0;
  }

  /** What lies behind the packet stays: whoever moves the end there clears it. */
  #put(data: Uint8Array, hidden: number, metadata = 0): void {
    const place = headroom - metadata;
    const needed = Math.max(regionBytes, place + data.length);
    if (this.#bytes.length !== needed) {
      if (this.#room.length < needed) this.#room = new Uint8Array(needed);
      this.#bytes = this.#room.subarray(0, needed);
      this.#memory.replace(this.#address, this.#bytes);
    }
    this.#bytes.fill(0, 0, headroom);
    this.#bytes.set(data, place);
    this.start = headroom + hidden;
    this.meta = this.start - metadata;
    this.end = place + data.length;
    this.visible = { from: 0, to: this.end - this.start };
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

  /**
   * A number of the packet in network order, for legacy loads; `undefined` beyond its end. Negative offsets count from the
   * network header, or from that of Ethernet (`bpf_internal_load_pointer_neg_helper` of kernel/bpf/core.c).
   */
  loadNumber(offset: number, size: number): number | undefined {
    const at = this.start + this.#placeOf(offset);
    if (!(at >= 0 && at + size <= this.end)) return undefined;
    return this.#bytes.subarray(at, at + size).reduce((sum, byte) => sum * 256 + byte, 0);
  }

  /** Bytes from the start; NaN for offsets that mean nothing. */
  #placeOf(offset: number): number {
    if (offset >= 0) return offset;
    if (offset >= fromNetwork) return this.network + offset - fromNetwork;
    return offset >= fromLink ? this.#link + offset - fromLink : Number.NaN;
  }

  /** Moves the start; false when there is no room, or less than an Ethernet header would be left. */
  moveStart(by: number): boolean {
    const start = this.start + by;
    const metaLength = this.start - this.meta;
    if (start - metaLength < frameBytes || start > this.end - linkBytes) return false;
    this.#bytes.copyWithin(start - metaLength, this.meta, this.start);
    this.start = start;
    this.meta = start - metaLength;
    return true;
  }

  /** Moves the end; what is new there is zero. */
  moveEnd(by: number): boolean {
    const end = this.end + by;
    if (end > this.#bytes.length || end < this.start + linkBytes) return false;
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

  /** Puts the tag beside the packet into it; false when there is no room. */
  insertTag(): boolean {
    const { tag } = this;
    if (tag === undefined) return true;
    if (!this.insert(addressBytes, 4)) return false;
    const { protocol, number } = tag;
    const bytes = [protocol & 0xff, protocol >> 8, number >> 8, number & 0xff];
    this.bytes().set(bytes, addressBytes);
    this.tag = undefined;
    return true;
  }

  /** The packet as it is sent, tag included. */
  sent(): Uint8Array {
    this.insertTag();
    return this.bytes().slice();
  }

  /** Takes `removed` bytes of a message away at a place, and puts `added` zero bytes there. */
  splice(place: number, removed: number, added: number): void {
    const before = this.bytes();
    const after = new Uint8Array(before.length - removed + added);
    after.set(before.subarray(0, place));
    after.set(before.subarray(place + removed), place + added);
    this.#put(after, 0);
  }

  /** A hash of the bytes, never 0. */
  hash(): number {
    let hash = 0x811c9dc5;
    for (const byte of this.bytes()) hash = Math.imul(hash ^ byte, 0x01000193);
    return hash >>> 0 || 1;
  }

  /** Makes a socket buffer so long; what is new is zero. */
  setLength(length: number): void {
    if (length > this.length) this.splice(this.length, 0, length - this.length);
    else this.end = this.start + length;
  }

  /** Puts zero bytes in front of a socket buffer. */
  prepend(length: number): void {
    this.splice(0, 0, length);
    this.network += length;
    this.#link = 0;
  }

  /** Moves the start of the metadata, whole words: 0 or a negated errno. */
  moveMeta(by: number): number {
    const meta = this.meta + by;
    const length = this.start - meta;
    if (meta < frameBytes || length < 0) return failed.invalid;
    if (length > longestMetadata || length % 4 !== 0) return -errno.EACCES;
    this.meta = meta;
    return 0;
  }

  free(): void {
    this.#memory.free(this.#address);
  }
}
