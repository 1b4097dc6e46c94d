/**
 * Spreads TCP connections and UDP flows to one address over several servers: each goes to the server its hash says, with
 * the addresses rewritten, back out of the interface it came in through.
 * @module
 */
import { arrayMap, atomic, be16, be32, config, htonl, htons, kernel, mac } from "ts-ebpf";
import { packet, struct, u16, u32, u64, xdp } from "ts-ebpf";

const XDP_DROP = 1;
const XDP_PASS = 2;
const XDP_TX = 3;
const ETH_P_IP = 0x0800;
const IPPROTO_TCP = 6;
const IPPROTO_UDP = 17;

const Ethernet = struct("ethernet", { destination: mac, source: mac, protocol: be16 });
const Ports = struct("ports", { source: be16, destination: be16 });
const Checksum = struct("checksum", { value: u16 });
const Backend = struct("backend", { address: u32, mac, packets: u64 });

/** The address that clients know. */
export const service = config("service", be32, 0);
/** How many of `backends` are in use. */
export const backendCount = config("backend_count", u32, 0);
export const backends = arrayMap("backends", Backend, 64);

export const balance = xdp((ctx) => {
  "use bpf";
  const pkt = packet(ctx);
  const eth = pkt.next(Ethernet);
  if (!eth || eth.protocol !== htons(ETH_P_IP)) return XDP_PASS;
  const ip = pkt.next(kernel.iphdr);
  if (!ip || ip.daddr !== service.value || backendCount.value === 0) return XDP_PASS;
  if (ip.protocol !== IPPROTO_TCP && ip.protocol !== IPPROTO_UDP) return XDP_PASS;
  if (ip.ihl > 5) pkt.skip((ip.ihl - 5) * 4);
  const ports = pkt.next(Ports);
  if (!ports) return XDP_PASS;

  const ends = (u64(ip.saddr) << 32n) | (u64(ports.source) << 16n) | u64(ports.destination);
  const mixed = u64((ends ^ u64(ip.protocol)) * 0x9e37_79b9_7f4a_7c15n);
  const backend = backends.lookup(u32(mixed >> 32n) % backendCount.value);
  if (!backend) return XDP_DROP;

  // The checksum of TCP and UDP covers the addresses. It is optional in UDP: 0 is none.
  pkt.skip(ip.protocol === IPPROTO_TCP ? 12 : 2);
  const checksum = pkt.next(Checksum);
  if (!checksum) return XDP_PASS;
  const before = u32(ip.daddr);
  ip.daddr = htonl(backend.address);
  const after = u32(ip.daddr);
  if (checksum.value !== 0) checksum.value = adjusted(checksum.value, before, after);
  ip.check = adjusted(ip.check, before, after);
  eth.source = eth.destination;
  eth.destination = backend.mac;
  atomic(backend).packets += 1n;
  return XDP_TX;
});

/** A checksum after 32 bits under it have changed (RFC 1624). Sums in ones' complement need no order of bytes. */
function adjusted(checksum: number, before: number, after: number): number {
  "use bpf";
  const removed = (~before & 0xffff) + (~before >>> 16);
  const added = (after & 0xffff) + (after >>> 16);
  let sum = (~checksum & 0xffff) + removed + added;
  sum = (sum & 0xffff) + (sum >>> 16);
  sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
