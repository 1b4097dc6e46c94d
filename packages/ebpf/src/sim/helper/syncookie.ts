/**
 * Helpers on SYN cookies (net/core/filter.c, net/ipv4/syncookies.c): numbers that stand for a connection nobody keeps.
 *
 * A cookie is made of addresses, ports, sequence number, minute and size of segments, and checked by making it again. What
 * mixes them is not the kernel's, which has a secret: cookies of one kernel are none in another one. Listening sockets always
 * answer with cookies, as with `net.ipv4.tcp_syncookies=2`.
 * @module
 */
import { viewOf } from "../../base/bytes.ts";
import { errno } from "../../kernel/errno.ts";
import type { Core } from "../core.ts";
import { failed } from "../errno.ts";
import type { Machine } from "../vm/machine.ts";
import { type ContextHelper, type HelperGroup, readable, u32Of, u64Of } from "./context.ts";

/** What versions of IP differ in. */
interface Family {
  readonly headerBytes: number;
  /** Where the addresses are, source and destination in a row. */
  readonly addresses: { readonly start: number; readonly end: number };
  /** Sizes of segments that a cookie can stand for, of which it has the index. */
  readonly sizes: readonly number[];
  /** The size where a packet does not say any. */
  readonly usualSize: number;
}

const ipv4: Family = {
  headerBytes: 20,
  addresses: { start: 12, end: 20 },
  sizes: [536, 1300, 1440, 1460],
  usualSize: 536,
};

const ipv6: Family = {
  headerBytes: 40,
  addresses: { start: 8, end: 40 },
  sizes: [1280 - 60, 1480 - 60, 1500 - 60, 9000 - 60],
  usualSize: 1280 - 60,
};

/** Headers of a packet. */
interface Headers {
  readonly family: Family;
  readonly ip: Uint8Array;
  readonly tcp: Uint8Array;
}

const tcpBytes = 20;
/** Flags of TCP in the 14th byte of its header. */
const [fin, syn, rst, ack] = [1, 2, 4, 16];
const flagsAt = 13;
/** Kinds of options: the end, a filler, the size of segments. */
const [endOption, noOption, sizeOption] = [0, 1, 2];
const sizeOptionBytes = 4;

/** Nanoseconds until cookies change, and for how many such times they are taken: MAX_SYNCOOKIE_AGE. */
const minute = 60_000_000_000n;
const oldest = 2;
const dataBits = 24;
const dataMask = 2 ** dataBits - 1;

/** IPPROTO_TCP and TCP_LISTEN. */
const [tcpProtocol, listening] = [6, 10];

function dataOffset(tcp: Uint8Array): number {
  return 4 * (tcp[12]! >> 4);
}

/** The size of segments that a header tells; 0 when it tells none. */
function toldSize(tcp: Uint8Array): number {
  const end = Math.min(dataOffset(tcp), tcp.length);
  let size = 0;
  for (let at = tcpBytes; at < end;) {
    const kind = tcp[at]!;
    if (kind === endOption) break;
    const length = kind === noOption ? 1 : (tcp[at + 1] ?? 0);
    if (kind !== noOption && (length < 2 || at + length > end)) break;
    if (kind === sizeOption && length === sizeOptionBytes)
      size = viewOf(tcp).getUint16(at + 2) || size;
    at += length;
  }
  return size;
}

/** A number made of who talks to whom, and when. */
function mixed({ family, ip, tcp }: Headers, count: number, which: number): number {
  const { start, end } = family.addresses;
  let hash = 0x811c9dc5 ^ which;
  for (const byte of [...ip.subarray(start, end), ...tcp.subarray(0, 4), count])
    hash = Math.imul(hash ^ byte, 0x01000193);
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}

function countOf({ world }: Core): number {
  return Number(world.now / minute) & 0xff;
}

/** The cookie of a first packet, with the size of segments it stands for in the upper half. */
function made(core: Core, headers: Headers): bigint {
  const { family, tcp } = headers;
  const wanted = toldSize(tcp) || family.usualSize;
  const index = Math.max(
    0,
    family.sizes.findLastIndex((size) => wanted >= size),
  );
  const count = countOf(core);
  const data = (mixed(headers, count, 1) + index) & dataMask;
  const start = mixed(headers, 0, 0) + viewOf(tcp).getUint32(4);
  const cookie = (start + count * 2 ** dataBits + data) >>> 0;
  return BigInt(cookie) | (BigInt(family.sizes[index]!) << 32n);
}

/** Whether the answer to a first packet has the cookie that was made of that. */
function isKnown(core: Core, headers: Headers): boolean {
  const view = viewOf(headers.tcp);
  const [sequence, cookie] = [view.getUint32(4) - 1, view.getUint32(8) - 1];
  const rest = (cookie - mixed(headers, 0, 0) - sequence) >>> 0;
  const count = countOf(core);
  const age = (count - (rest >>> dataBits)) & 0xff;
  if (age >= oldest) return false;
  const index = (rest - mixed(headers, (count - age) & 0xff, 1)) & dataMask;
  return index < headers.family.sizes.length;
}

const rawMade =
  (family: Family): ContextHelper =>
  (machine, core) => {
    const length = u32Of(machine, 3);
    if (length < tcpBytes) return failed.invalid;
    const tcp = readable(machine, 2, length);
    if (length !== dataOffset(tcp)) return failed.invalid;
    return made(core, { family, ip: readable(machine, 1, family.headerBytes), tcp });
  };

const rawChecked =
  (family: Family): ContextHelper =>
  (machine, core) => {
    const [ip, tcp] = [readable(machine, 1, family.headerBytes), readable(machine, 2, tcpBytes)];
    return isKnown(core, { family, ip, tcp }) ? 0 : -errno.EACCES;
  };

/** Whether a socket is one that listens for connections of TCP. */
function isListening(core: Core, address: bigint): boolean {
  const fields = core.socketAt(address)?.fields;
  return fields?.["protocol"] === tcpProtocol && fields["state"] === listening;
}

/** The headers that the arguments behind the socket mean; a negated errno when they are too short or of no IP. */
function headersOf(machine: Machine): Headers | number {
  const length = u32Of(machine, 3);
  if (length < ipv4.headerBytes) return failed.invalid;
  const ip = readable(machine, 2, length);
  const version = ip[0]! >> 4;
  if (version !== 4 && version !== 6) return -errno.EPROTONOSUPPORT;
  const family = version === 4 ? ipv4 : ipv6;
  if (length < family.headerBytes) return failed.invalid;
  return { family, ip, tcp: readable(machine, 4, u32Of(machine, 5)) };
}

/** Cookies. */
export const syncookieHelpers: HelperGroup = {
  tcp_gen_syncookie: (machine, core) => {
    const length = u32Of(machine, 5);
    if (length < tcpBytes || !isListening(core, u64Of(machine, 1))) return failed.invalid;
    const tcp = readable(machine, 4, length);
    if (length !== dataOffset(tcp)) return failed.invalid;
    if ((tcp[flagsAt]! & (syn | ack | fin | rst)) !== syn) return failed.invalid;
    const headers = headersOf(machine);
    return typeof headers === "number" ? headers : made(core, headers);
  },
  tcp_check_syncookie: (machine, core) => {
    const length = u32Of(machine, 5);
    if (length < tcpBytes || !isListening(core, u64Of(machine, 1))) return failed.invalid;
    const flags = readable(machine, 4, length)[flagsAt]!;
    if ((flags & (ack | rst | syn)) !== ack) return failed.noEntry;
    const headers = headersOf(machine);
    if (typeof headers === "number") return headers;
    return isKnown(core, headers) ? 0 : failed.noEntry;
  },
  tcp_raw_gen_syncookie_ipv4: rawMade(ipv4),
  tcp_raw_gen_syncookie_ipv6: rawMade(ipv6),
  tcp_raw_check_syncookie_ipv4: rawChecked(ipv4),
  tcp_raw_check_syncookie_ipv6: rawChecked(ipv6),
};
