/**
 * Any packet: whole ones of all layers that there are builders for, and damaged ones.
 * @module
 */
import * as fc from "fast-check";
import { formatIpv4 } from "../../layout/address/ipv4.ts";
import { formatIpv6 } from "../../layout/address/ipv6.ts";
import { type TcpFlag, tcpFlags } from "../packet/layer.ts";
import {
  ethernet,
  type LinkPacket,
  type NetworkPacket,
  type Packet,
  type TransportPacket,
} from "../packet/packet.ts";

const port = fc.nat(0xffff);
const address4 = fc.nat(0xffff_ffff).map((address) => formatIpv4(address));
const address6 = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => formatIpv6(bytes));
const options = fc
  .integer({ min: 0, max: 10 })
  .chain((words) => fc.uint8Array({ minLength: 4 * words, maxLength: 4 * words }));

const link: fc.Arbitrary<LinkPacket> = fc
  .array(fc.nat(4095), { maxLength: 2 })
  .map((tags) => tags.reduce((packet, id) => packet.vlan({ id }), ethernet()));

const ipv4 = fc.record({
  source: address4,
  destination: address4,
  ttl: fc.nat(255),
  tos: fc.nat(255),
  identification: port,
  options,
});
const ipv6 = fc.record({
  source: address6,
  destination: address6,
  hopLimit: fc.nat(255),
  flowLabel: fc.nat(0xf_ffff),
});
const tcp = fc.record({
  source: port,
  destination: port,
  sequence: fc.nat(0xffff_ffff),
  flags: fc.subarray(Object.keys(tcpFlags) as TcpFlag[]),
  options,
});
const udp = fc.record({ source: port, destination: port });
const icmp = fc.record({ code: fc.nat(255), identifier: port, sequence: port });

/** Any packet with right lengths and checksums: tags, IPv4 or IPv6, TCP, UDP or ICMP, payload. */
export function arbitraryPacket(): fc.Arbitrary<Packet> {
  const payload = fc.uint8Array({ maxLength: 64 });
  return fc
    .tuple(transport, payload)
    .map(([packet, data]) => (data.length === 0 ? packet : packet.payload(data)));
}

const network: fc.Arbitrary<NetworkPacket> = fc.oneof(
  fc.tuple(link, ipv4).map(([packet, fields]) => packet.ipv4(fields)),
  fc.tuple(link, ipv6).map(([packet, fields]) => packet.ipv6(fields)),
);

const transport: fc.Arbitrary<TransportPacket> = fc.oneof(
  fc.tuple(network, tcp).map(([packet, fields]) => packet.tcp(fields)),
  fc.tuple(network, udp).map(([packet, fields]) => packet.udp(fields)),
  fc.tuple(network, icmp).map(([packet, fields]) => packet.icmp(fields)),
);

/** Ethernet header, the least that programs are given. */
const leastBytes = 14;

/** The bytes of a packet that was cut off, or of which some were overwritten: what an attacker sends. */
export function arbitraryDamagedPacket(): fc.Arbitrary<Uint8Array<ArrayBuffer>> {
  const changes = fc.array(fc.tuple(fc.nat(127), fc.nat(255)), { maxLength: 4 });
  return fc.tuple(arbitraryPacket(), fc.nat(127), changes).map(([{ bytes }, length, changes]) => {
    const damaged = bytes.slice(0, leastBytes + length);
    for (const [offset, value] of changes) if (offset < damaged.length) damaged[offset] = value;
    return damaged;
  });
}
