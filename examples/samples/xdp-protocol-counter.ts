/**
 * Counts packets and bytes by IP protocol: one counter per CPU, so that counting needs no locks.
 * @module
 */
import { htons, kernel, packet, perCpuArrayMap, struct, u64, xdp } from "ts-ebpf";

const XDP_PASS = 2;
const ETH_P_IP = 0x0800;
const ETH_P_IPV6 = 0x86dd;

const Traffic = struct("traffic", { packets: u64, bytes: u64 });

/** By the number of the protocol: 6 is TCP, 17 is UDP. */
export const traffic = perCpuArrayMap("traffic", Traffic, 256);

export const countProtocols = xdp((ctx) => {
  "use bpf";
  const pkt = packet(ctx);
  const eth = pkt.next(kernel.ethhdr);
  if (!eth) return XDP_PASS;
  let protocol = 0;
  if (eth.h_proto === htons(ETH_P_IP)) {
    const ip = pkt.next(kernel.iphdr);
    if (!ip) return XDP_PASS;
    protocol = ip.protocol;
  } else if (eth.h_proto === htons(ETH_P_IPV6)) {
    const ip = pkt.next(kernel.ipv6hdr);
    if (!ip) return XDP_PASS;
    protocol = ip.nexthdr;
  } else return XDP_PASS;

  const seen = traffic.lookup(protocol);
  if (seen) {
    seen.packets += 1n;
    seen.bytes += u64(pkt.length);
  }
  return XDP_PASS;
});
