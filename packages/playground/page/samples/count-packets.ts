// Counts packets by protocol, drops UDP to port 53, and tells of each packet it dropped.
import {
  hashMap,
  htons,
  kernel,
  ntohl,
  ntohs,
  packet,
  printk,
  ringbuf,
  struct,
  u16,
  u32,
  u64,
  u8,
  xdp,
} from "ts-ebpf";

const XDP_DROP = 1;
const XDP_PASS = 2;

const Dropped = struct("dropped", { source: u32, port: u16 });

export const counts = hashMap("counts", u8, u64, 256);
export const dropped = ringbuf("dropped", Dropped, 4096);

export const onPacket = xdp((ctx) => {
  "use bpf";
  const pkt = packet(ctx);
  const eth = pkt.next(kernel.ethhdr);
  if (!eth || eth.h_proto !== htons(0x0800)) return XDP_PASS;
  const ip = pkt.next(kernel.iphdr);
  if (!ip) return XDP_PASS;

  const seen = counts.lookup(ip.protocol);
  if (seen) seen.value += 1n;
  else counts.update(ip.protocol, 1n);

  if (ip.protocol !== 17) return XDP_PASS;
  const udp = pkt.next(kernel.udphdr);
  if (!udp || udp.dest !== htons(53)) return XDP_PASS;
  printk`dropped ${pkt.length} bytes`;
  dropped.output({ source: ntohl(ip.saddr), port: ntohs(udp.dest) });
  return XDP_DROP;
});
