/**
 * From layers to the bytes of a packet.
 *
 * The innermost layer is laid out first, so that every header knows how long what it holds is and what it sums up. A field
 * that is said is written as said, right or wrong: tests need malformed packets too.
 * @module
 */
import { viewOf } from "../../base/bytes.ts";
import { InvalidArgumentError } from "../../base/errors.ts";
import { parseIpv4 } from "../../layout/address/ipv4.ts";
import { parseIpv6 } from "../../layout/address/ipv6.ts";
import { parseMac } from "../../layout/address/mac.ts";
import { internetChecksum } from "./checksum.ts";
import {
  bitsOf,
  etherTypes,
  type GivenLayer,
  type GivenLayerOf,
  ipv4Flags,
  type LayerKind,
  protocols,
  tcpFlags,
  unknownProtocol,
} from "./layer.ts";

/**
 * The bytes of a packet.
 * @throws {InvalidArgumentError} when a field does not fit, or an address is none.
 */
export function encodeLayers(layers: readonly GivenLayer[]): Uint8Array<ArrayBuffer> {
  let body: Uint8Array<ArrayBuffer> = new Uint8Array();
  for (const [index, layer] of [...layers.entries()].toReversed()) {
    const encode = encoders[layer.kind] as Encoder<LayerKind>;
    const around = { body, next: layers[index + 1], outer: networkAround(layers, index) };
    body = joined(encode(layer, around), body);
  }
  return body;
}

/** What is around a header. */
interface Around {
  /** All bytes behind it. */
  readonly body: Uint8Array;
  readonly next: GivenLayer | undefined;
  /** The IP header it is in. */
  readonly outer: GivenLayerOf<"ipv4"> | GivenLayerOf<"ipv6"> | undefined;
}

type Encoder<Kind extends LayerKind> = (
  layer: GivenLayerOf<Kind>,
  around: Around,
) => Uint8Array<ArrayBuffer>;

/** Addresses for documentation and private use, and what else a layer is when a test says nothing. */
export const defaults = {
  mac: { source: "02:00:00:00:00:01", destination: "02:00:00:00:00:02" },
  ipv4: { source: "10.0.0.1", destination: "10.0.0.2" },
  ipv6: { source: "fd00::1", destination: "fd00::2" },
  ports: { source: 40_000, destination: 80 },
  hops: 64,
  echoRequest: { ipv4: 8, ipv6: 128 },
} as const;

const encoders: { readonly [Kind in LayerKind]: Encoder<Kind> } = {
  ethernet: (layer, { next }) => {
    const bytes = new Uint8Array(14);
    bytes.set(parseMac(layer.destination ?? defaults.mac.destination));
    bytes.set(parseMac(layer.source ?? defaults.mac.source), 6);
    return filled(bytes, "ethernet", [[12, 2, "type", layer.type ?? etherTypeOf(next)]]);
  },
  vlan: ({ id = 1, priority = 0, dropEligible = false, type }, { next }) => {
    assertFits("vlan.id", id, 12);
    assertFits("vlan.priority", priority, 3);
    return filled(new Uint8Array(4), "vlan", [
      [0, 2, "id", (priority << 13) | (Number(dropEligible) << 12) | id],
      [2, 2, "type", type ?? etherTypeOf(next)],
    ]);
  },
  ipv4: encodeIpv4,
  ipv6: encodeIpv6,
  tcp: encodeTcp,
  udp: encodeUdp,
  icmp: encodeIcmp,
  payload: ({ data = new Uint8Array() }) => new Uint8Array(data),
};

function encodeIpv4(layer: GivenLayerOf<"ipv4">, { body, next }: Around): Uint8Array<ArrayBuffer> {
  const { options = new Uint8Array(), flags = [], fragmentOffset = 0 } = layer;
  const size = headerSize("ipv4", 20, options);
  assertMultiple("ipv4.fragmentOffset", fragmentOffset, 8);
  assertFits("ipv4.fragmentOffset", fragmentOffset, 16);
  const { headerLength = size } = layer;
  assertMultiple("ipv4.headerLength", headerLength, 4);
  assertFits("ipv4.headerLength", headerLength, 6);
  const bytes = new Uint8Array(size);
  bytes.set(options, 20);
  filled(bytes, "ipv4", [
    [0, 1, "headerLength", 0x40 | (headerLength / 4)],
    [1, 1, "tos", layer.tos ?? 0],
    [2, 2, "length", layer.length ?? size + body.length],
    [4, 2, "identification", layer.identification ?? 0],
    [6, 2, "flags", bitsOf(ipv4Flags, flags) | (fragmentOffset / 8)],
    [8, 1, "ttl", layer.ttl ?? defaults.hops],
    [9, 1, "protocol", layer.protocol ?? protocolOf(next, "ipv4")],
    [12, 4, "source", parseIpv4(layer.source ?? defaults.ipv4.source)],
    [16, 4, "destination", parseIpv4(layer.destination ?? defaults.ipv4.destination)],
  ]);
  return filled(bytes, "ipv4", [[10, 2, "checksum", layer.checksum ?? internetChecksum(bytes)]]);
}

function encodeIpv6(layer: GivenLayerOf<"ipv6">, { body, next }: Around): Uint8Array<ArrayBuffer> {
  const { trafficClass = 0, flowLabel = 0 } = layer;
  assertFits("ipv6.trafficClass", trafficClass, 8);
  assertFits("ipv6.flowLabel", flowLabel, 20);
  const bytes = new Uint8Array(40);
  bytes.set(parseIpv6(layer.source ?? defaults.ipv6.source), 8);
  bytes.set(parseIpv6(layer.destination ?? defaults.ipv6.destination), 24);
  return filled(bytes, "ipv6", [
    [0, 4, "flowLabel", ((6 << 28) | (trafficClass << 20) | flowLabel) >>> 0],
    [4, 2, "length", layer.length ?? body.length],
    [6, 1, "nextHeader", layer.nextHeader ?? protocolOf(next, "ipv6")],
    [7, 1, "hopLimit", layer.hopLimit ?? defaults.hops],
  ]);
}

function encodeTcp(layer: GivenLayerOf<"tcp">, around: Around): Uint8Array<ArrayBuffer> {
  const { options = new Uint8Array(), flags = ["syn"] } = layer;
  const size = headerSize("tcp", 20, options);
  const { headerLength = size } = layer;
  assertMultiple("tcp.headerLength", headerLength, 4);
  assertFits("tcp.headerLength", headerLength, 6);
  const bytes = new Uint8Array(size);
  bytes.set(options, 20);
  filled(bytes, "tcp", [
    ...ports(layer),
    [4, 4, "sequence", layer.sequence ?? 0],
    [8, 4, "acknowledgment", layer.acknowledgment ?? 0],
    [12, 1, "headerLength", (headerLength / 4) << 4],
    [13, 1, "flags", bitsOf(tcpFlags, flags)],
    [14, 2, "window", layer.window ?? 0xffff],
    [18, 2, "urgent", layer.urgent ?? 0],
  ]);
  const checksum = layer.checksum ?? transportChecksum(protocols.tcp, bytes, around);
  return filled(bytes, "tcp", [[16, 2, "checksum", checksum]]);
}

function encodeUdp(layer: GivenLayerOf<"udp">, around: Around): Uint8Array<ArrayBuffer> {
  const length = layer.length ?? 8 + around.body.length;
  const bytes = new Uint8Array(8);
  filled(bytes, "udp", [...ports(layer), [4, 2, "length", length]]);
  // A sum of 0 is sent as all ones: 0 says that there is none (RFC 768).
  const sum = transportChecksum(protocols.udp, bytes, around) || 0xffff;
  return filled(bytes, "udp", [[6, 2, "checksum", layer.checksum ?? sum]]);
}

function encodeIcmp(layer: GivenLayerOf<"icmp">, around: Around): Uint8Array<ArrayBuffer> {
  const isV6 = around.outer?.kind === "ipv6";
  const bytes = new Uint8Array(8);
  filled(bytes, "icmp", [
    [0, 1, "type", layer.type ?? defaults.echoRequest[isV6 ? "ipv6" : "ipv4"]],
    [1, 1, "code", layer.code ?? 0],
    [4, 2, "identifier", layer.identifier ?? 0],
    [6, 2, "sequence", layer.sequence ?? 0],
  ]);
  // ICMPv6 sums addresses up as TCP does, ICMP does not (RFC 4443 §2.3).
  const sum = isV6
    ? transportChecksum(protocols.icmpv6, bytes, around)
    : internetChecksum(bytes, around.body);
  return filled(bytes, "icmp", [[2, 2, "checksum", layer.checksum ?? sum]]);
}

/** Where a field is, how many bytes it has, its name, its value. */
type Field = readonly [offset: number, size: 1 | 2 | 4, name: string, value: number];

function filled(
  bytes: Uint8Array<ArrayBuffer>,
  header: string,
  fields: readonly Field[],
): Uint8Array<ArrayBuffer> {
  const view = viewOf(bytes);
  for (const [offset, size, name, value] of fields) {
    assertFits(`${header}.${name}`, value, size * 8);
    if (size === 1) view.setUint8(offset, value);
    else if (size === 2) view.setUint16(offset, value);
    else view.setUint32(offset, value);
  }
  return bytes;
}

function ports({
  source = defaults.ports.source,
  destination = defaults.ports.destination,
}: {
  readonly source?: number;
  readonly destination?: number;
}): readonly Field[] {
  return [
    [0, 2, "source", source],
    [2, 2, "destination", destination],
  ];
}

/** The checksum that takes the addresses along: RFC 9293 §3.1 and RFC 8200 §8.1. Without an IP header, none of them. */
function transportChecksum(protocol: number, header: Uint8Array, { body, outer }: Around): number {
  return internetChecksum(pseudoHeader(protocol, header.length + body.length, outer), header, body);
}

function pseudoHeader(protocol: number, length: number, outer: Around["outer"]): Uint8Array {
  if (outer === undefined) return new Uint8Array();
  if (outer.kind === "ipv4") {
    return filled(new Uint8Array(12), "ipv4", [
      [0, 4, "source", parseIpv4(outer.source ?? defaults.ipv4.source)],
      [4, 4, "destination", parseIpv4(outer.destination ?? defaults.ipv4.destination)],
      [9, 1, "protocol", protocol],
      [10, 2, "length", length],
    ]);
  }
  const bytes = new Uint8Array(40);
  bytes.set(parseIpv6(outer.source ?? defaults.ipv6.source));
  bytes.set(parseIpv6(outer.destination ?? defaults.ipv6.destination), 16);
  return filled(bytes, "ipv6", [
    [32, 4, "length", length],
    [39, 1, "nextHeader", protocol],
  ]);
}

function networkAround(layers: readonly GivenLayer[], index: number): Around["outer"] {
  const outer = layers.slice(0, index).findLast(({ kind }) => kind === "ipv4" || kind === "ipv6");
  return outer?.kind === "ipv4" || outer?.kind === "ipv6" ? outer : undefined;
}

/** What stands for a layer in an Ethernet header; 0xffff, which is reserved, for a payload of nobody knows what. */
function etherTypeOf(next: GivenLayer | undefined): number {
  if (next?.kind === "ipv4" || next?.kind === "ipv6" || next?.kind === "vlan")
    return etherTypes[next.kind];
  return 0xffff;
}

function protocolOf(next: GivenLayer | undefined, within: "ipv4" | "ipv6"): number {
  if (next?.kind === "icmp") return within === "ipv6" ? protocols.icmpv6 : protocols.icmp;
  if (next === undefined || !Object.hasOwn(protocols, next.kind)) return unknownProtocol[within];
  return protocols[next.kind as keyof typeof protocols];
}

function headerSize(header: string, size: number, options: Uint8Array): number {
  assertMultiple(`${header}.options`, options.length, 4);
  if (options.length <= 40) return size + options.length;
  throw new InvalidArgumentError(`${header}.options has ${options.length} bytes`, {
    hint: "there is room for 40",
  });
}

function assertMultiple(field: string, value: number, unit: number): void {
  if (value % unit === 0) return;
  throw new InvalidArgumentError(`${field}: ${value} is no multiple of ${unit} bytes`);
}

function assertFits(field: string, value: number, bits: number): void {
  if (Number.isInteger(value) && value >= 0 && value < 2 ** bits) return;
  throw new InvalidArgumentError(`${field}: ${value} is no number of ${bits} bits`, {
    hint: `it goes from 0 to ${2 ** bits - 1}`,
  });
}

function joined(header: Uint8Array, body: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(header.length + body.length);
  bytes.set(header);
  bytes.set(body, header.length);
  return bytes;
}
