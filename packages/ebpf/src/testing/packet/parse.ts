/**
 * From the bytes of a packet to its layers.
 *
 * It goes from one header to the next as their types say, and ends where it knows no more, or where a header is cut off: the
 * rest is payload. It believes no length but that of headers, so that damaged packets can be looked at.
 * @module
 */
import { viewOf } from "../../base/bytes.ts";
import { assertBytes } from "../../base/given.ts";
import { formatIpv4 } from "../../layout/address/ipv4.ts";
import { formatIpv6 } from "../../layout/address/ipv6.ts";
import { formatMac } from "../../layout/address/mac.ts";
import {
  etherTypes,
  flagsIn,
  ipv4Flags,
  type Layer,
  type LayerKind,
  protocols,
  tcpFlags,
} from "./layer.ts";

/**
 * The layers of a packet that starts with an Ethernet header; payload only when there is some.
 * @throws {InvalidArgumentError} when it is given no bytes.
 */
export function parsePacket(bytes: Uint8Array): readonly Layer[] {
  assertBytes(bytes, "the packet");
  const layers: Layer[] = [];
  let [kind, rest]: [HeaderKind | undefined, Uint8Array] = ["ethernet", bytes];
  while (kind !== undefined) {
    const found: Found | undefined = parsers[kind](rest);
    if (found === undefined) break;
    layers.push(found.layer);
    rest = rest.subarray(found.length);
    kind = found.next;
  }
  return rest.length === 0 ? layers : [...layers, { kind: "payload", data: rest }];
}

type HeaderKind = Exclude<LayerKind, "payload">;

/** A header: what it says, how long it is, and what follows. */
interface Found {
  readonly layer: Layer;
  readonly length: number;
  readonly next?: HeaderKind | undefined;
}

/** Reads a header; `undefined` when it is cut off. */
type Parser = (bytes: Uint8Array) => Found | undefined;

const parsers: { readonly [Kind in HeaderKind]: Parser } = {
  ethernet: whole(14, (view, bytes) => {
    const type = view.getUint16(12);
    const destination = formatMac(bytes.subarray(0, 6));
    const source = formatMac(bytes.subarray(6, 12));
    return {
      layer: { kind: "ethernet", destination, source, type },
      length: 14,
      next: byEtherType.get(type),
    };
  }),
  vlan: whole(4, (view) => {
    const tag = view.getUint16(0);
    const type = view.getUint16(2);
    const id = tag & 0xfff;
    const dropEligible = (tag & 0x1000) !== 0;
    return {
      layer: { kind: "vlan", id, priority: tag >> 13, dropEligible, type },
      length: 4,
      next: byEtherType.get(type),
    };
  }),
  ipv4: whole(20, parseIpv4Header),
  ipv6: whole(40, parseIpv6Header),
  tcp: whole(20, parseTcp),
  udp: whole(8, (view) => ({
    layer: {
      kind: "udp",
      source: view.getUint16(0),
      destination: view.getUint16(2),
      length: view.getUint16(4),
      checksum: view.getUint16(6),
    },
    length: 8,
  })),
  icmp: whole(8, (view) => ({
    layer: {
      kind: "icmp",
      type: view.getUint8(0),
      code: view.getUint8(1),
      identifier: view.getUint16(4),
      sequence: view.getUint16(6),
      checksum: view.getUint16(2),
    },
    length: 8,
  })),
};

const byEtherType: ReadonlyMap<number, HeaderKind> = new Map<number, HeaderKind>([
  [etherTypes.ipv4, "ipv4"],
  [etherTypes.ipv6, "ipv6"],
  [etherTypes.vlan, "vlan"],
  [etherTypes.vlanOuter, "vlan"],
]);

const byProtocol: ReadonlyMap<number, HeaderKind> = new Map<number, HeaderKind>([
  [protocols.icmp, "icmp"],
  [protocols.icmpv6, "icmp"],
  [protocols.ipv4, "ipv4"],
  [protocols.ipv6, "ipv6"],
  [protocols.tcp, "tcp"],
  [protocols.udp, "udp"],
]);

function whole(
  least: number,
  parse: (view: DataView, bytes: Uint8Array) => Found | undefined,
): Parser {
  return (bytes) => (bytes.length < least ? undefined : parse(viewOf(bytes), bytes));
}

function parseIpv4Header(view: DataView, bytes: Uint8Array): Found | undefined {
  const headerLength = (view.getUint8(0) & 15) * 4;
  if (view.getUint8(0) >> 4 !== 4 || headerLength < 20 || headerLength > bytes.length)
    return undefined;
  const fragment = view.getUint16(6);
  const protocol = view.getUint8(9);
  const fragmentOffset = (fragment & 0x1fff) * 8;
  return {
    layer: {
      kind: "ipv4",
      source: formatIpv4(view.getUint32(12)),
      destination: formatIpv4(view.getUint32(16)),
      ttl: view.getUint8(8),
      tos: view.getUint8(1),
      identification: view.getUint16(4),
      flags: flagsIn(ipv4Flags, fragment),
      fragmentOffset,
      protocol,
      options: bytes.subarray(20, headerLength),
      headerLength,
      length: view.getUint16(2),
      checksum: view.getUint16(10),
    },
    length: headerLength,
    // Later fragments start in the middle of what the protocol is of.
    next: fragmentOffset === 0 ? byProtocol.get(protocol) : undefined,
  };
}

function parseIpv6Header(view: DataView, bytes: Uint8Array): Found | undefined {
  const first = view.getUint32(0);
  if (first >>> 28 !== 6) return undefined;
  const nextHeader = view.getUint8(6);
  return {
    layer: {
      kind: "ipv6",
      source: formatIpv6(bytes.subarray(8, 24)),
      destination: formatIpv6(bytes.subarray(24, 40)),
      hopLimit: view.getUint8(7),
      trafficClass: (first >>> 20) & 0xff,
      flowLabel: first & 0xf_ffff,
      nextHeader,
      length: view.getUint16(4),
    },
    length: 40,
    next: byProtocol.get(nextHeader),
  };
}

function parseTcp(view: DataView, bytes: Uint8Array): Found | undefined {
  const headerLength = (view.getUint8(12) >> 4) * 4;
  if (headerLength < 20 || headerLength > bytes.length) return undefined;
  return {
    layer: {
      kind: "tcp",
      source: view.getUint16(0),
      destination: view.getUint16(2),
      sequence: view.getUint32(4),
      acknowledgment: view.getUint32(8),
      flags: flagsIn(tcpFlags, view.getUint8(13)),
      window: view.getUint16(14),
      urgent: view.getUint16(18),
      options: bytes.subarray(20, headerLength),
      headerLength,
      checksum: view.getUint16(16),
    },
    length: headerLength,
  };
}
