/**
 * Layers of packets as plain data: Ethernet, VLAN tags, IP, TCP, UDP, ICMP, payload.
 *
 * Each has two shapes: what a test says of a layer, where everything has a default, and what was found in bytes, where
 * nothing is missing. Fields that follow from the rest (lengths, types, checksums) are worked out unless they are said.
 * @module
 */
import { assertWord } from "../../base/arguments.ts";
import { InvalidArgumentError } from "../../base/errors.ts";
import { kindOf } from "../../base/given.ts";

/** Fields of each kind of layer, as they are found in a packet. Numbers are as people write them, not as bytes lie. */
export interface LayerFields {
  readonly ethernet: {
    readonly destination: string;
    readonly source: string;
    /** EtherType of what follows. */
    readonly type: number;
  };
  readonly vlan: {
    readonly id: number;
    /** Priority code point, 0 to 7. */
    readonly priority: number;
    readonly dropEligible: boolean;
    /** EtherType of what follows. */
    readonly type: number;
  };
  readonly ipv4: {
    readonly source: string;
    readonly destination: string;
    readonly ttl: number;
    /** The byte of DSCP and ECN. */
    readonly tos: number;
    readonly identification: number;
    readonly flags: readonly Ipv4Flag[];
    /** In bytes, a multiple of 8. */
    readonly fragmentOffset: number;
    readonly protocol: number;
    /** A multiple of 4 bytes, at most 40. */
    readonly options: Uint8Array;
    /** Bytes of the header as it says itself. */
    readonly headerLength: number;
    /** Bytes of header and all behind it. */
    readonly length: number;
    readonly checksum: number;
  };
  readonly ipv6: {
    readonly source: string;
    readonly destination: string;
    readonly hopLimit: number;
    readonly trafficClass: number;
    readonly flowLabel: number;
    readonly nextHeader: number;
    /** Bytes behind the header. */
    readonly length: number;
  };
  readonly tcp: {
    readonly source: number;
    readonly destination: number;
    readonly sequence: number;
    readonly acknowledgment: number;
    readonly flags: readonly TcpFlag[];
    readonly window: number;
    readonly urgent: number;
    /** A multiple of 4 bytes, at most 40. */
    readonly options: Uint8Array;
    /** Bytes of the header as it says itself. */
    readonly headerLength: number;
    readonly checksum: number;
  };
  readonly udp: {
    readonly source: number;
    readonly destination: number;
    /** Bytes of header and payload. */
    readonly length: number;
    readonly checksum: number;
  };
  /** ICMP, or behind an IPv6 header ICMPv6. */
  readonly icmp: {
    readonly type: number;
    readonly code: number;
    /** The four bytes behind the checksum as two numbers, as echo requests have them. */
    readonly identifier: number;
    readonly sequence: number;
    readonly checksum: number;
  };
  readonly payload: { readonly data: Uint8Array };
}

/** Kinds of layers. */
export type LayerKind = keyof LayerFields;

/** Names of the fields of each kind. */
export const layerFields: {
  readonly [Kind in LayerKind]: readonly (string & keyof LayerFields[Kind])[];
} = {
  ethernet: ["destination", "source", "type"],
  vlan: ["id", "priority", "dropEligible", "type"],
  ipv4: [
    "source",
    "destination",
    "ttl",
    "tos",
    "identification",
    "flags",
    "fragmentOffset",
    "protocol",
    "options",
    "headerLength",
    "length",
    "checksum",
  ],
  ipv6: ["source", "destination", "hopLimit", "trafficClass", "flowLabel", "nextHeader", "length"],
  tcp: [
    "source",
    "destination",
    "sequence",
    "acknowledgment",
    "flags",
    "window",
    "urgent",
    "options",
    "headerLength",
    "checksum",
  ],
  udp: ["source", "destination", "length", "checksum"],
  icmp: ["type", "code", "identifier", "sequence", "checksum"],
  payload: ["data"],
};

/** What a test says of a layer. */
export type GivenLayer = { [Kind in LayerKind]: GivenLayerOf<Kind> }[LayerKind];

/** What a test says of a layer of one kind. */
export type GivenLayerOf<Kind extends LayerKind> = { readonly kind: Kind } & Partial<
  LayerFields[Kind]
>;

/** A layer that was found in a packet. */
export type Layer = { [Kind in LayerKind]: LayerOf<Kind> }[LayerKind];

/** A layer of one kind that was found in a packet. */
export type LayerOf<Kind extends LayerKind> = { readonly kind: Kind } & LayerFields[Kind];

/** Flags of an IPv4 header. */
export type Ipv4Flag = keyof typeof ipv4Flags;

/** Bits of `struct iphdr.frag_off`, in host order. */
export const ipv4Flags = { reserved: 0x8000, dontFragment: 0x4000, moreFragments: 0x2000 } as const;

/** Flags of a TCP header (RFC 9293 §3.1, RFC 3168). */
export type TcpFlag = keyof typeof tcpFlags;

/** Bits of byte 13 of a TCP header. */
export const tcpFlags = {
  fin: 0x01,
  syn: 0x02,
  rst: 0x04,
  psh: 0x08,
  ack: 0x10,
  urg: 0x20,
  ece: 0x40,
  cwr: 0x80,
} as const;

/** EtherTypes (include/uapi/linux/if_ether.h). */
export const etherTypes = { ipv4: 0x0800, vlan: 0x8100, ipv6: 0x86dd, vlanOuter: 0x88a8 } as const;

/** Numbers of protocols in IP headers (include/uapi/linux/in.h). */
export const protocols = { icmp: 1, ipv4: 4, tcp: 6, udp: 17, ipv6: 41, icmpv6: 58 } as const;

/** Says that nothing follows (IPPROTO_NONE for IPv6), or something experimental (RFC 3692) where IPv4 has no such number. */
export const unknownProtocol = { ipv4: 253, ipv6: 59 } as const;

/** The names in `table` whose bits are set. */
export function flagsIn<Name extends string>(
  table: { readonly [K in Name]: number },
  bits: number,
): readonly Name[] {
  return (Object.keys(table) as Name[]).filter((name) => (bits & table[name]) !== 0);
}

/** The bits of the names. @throws {InvalidArgumentError} for what is no list of them. */
export function bitsOf<Name extends string>(
  table: { readonly [K in Name]: number },
  names: readonly Name[],
): number {
  const given: unknown = names;
  if (!Array.isArray(given)) {
    throw new InvalidArgumentError(`flags are ${kindOf(given)}`, { hint: 'give a list: ["syn"]' });
  }
  const known = Object.keys(table) as Name[];
  for (const name of names) assertWord(name, known, "a flag");
  return names.reduce((bits, name) => bits | table[name], 0);
}
