/**
 * Drops UDP packets to a port: a program that a unit test runs as plain JavaScript.
 * @module
 */
import { atomic, hashMap, kernel, ntohs, packet, u16, u64, xdp } from "ts-ebpf";

const XDP_DROP = 1;
const XDP_PASS = 2;

// #region filter
export const blocked = hashMap("blocked", u16, u64, 256);

export const filter = xdp((ctx) => {
  "use bpf";
  const pkt = packet(ctx);
  const eth = pkt.next(kernel.ethhdr);
  if (!eth || ntohs(eth.h_proto) !== 0x0800) return XDP_PASS;
  const ip = pkt.next(kernel.iphdr);
  if (!ip || ip.protocol !== 17) return XDP_PASS;
  if (ip.ihl > 5) pkt.skip((ip.ihl - 5) * 4);
  const udp = pkt.next(kernel.udphdr);
  if (!udp) return XDP_PASS;
  const hits = blocked.lookup(ntohs(udp.dest));
  if (!hits) return XDP_PASS;
  atomic(hits).value += 1n;
  return XDP_DROP;
});
// #endregion
