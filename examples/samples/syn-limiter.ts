/**
 * Lets each address open only so many TCP connections in a second: a token bucket per source, refilled as time passes.
 * Sources not heard of for long make room for new ones.
 * @module
 */
import { be32, bpf, config, htons, kernel, lruHashMap } from "ts-ebpf";
import { packet, perCpuArrayMap, struct, u64, xdp } from "ts-ebpf";

const XDP_DROP = 1;
const XDP_PASS = 2;
const ETH_P_IP = 0x0800;
const IPPROTO_TCP = 6;

/** Time that a new connection costs: 100 ms are ten in a second. */
export const costNs = config("cost_ns", u64, 100_000_000n);
/** Most time that can be saved up: what may be opened at once. */
export const burstNs = config("burst_ns", u64, 2_000_000_000n);

const Bucket = struct("bucket", { creditNs: u64, filledNs: u64 });

export const buckets = lruHashMap("buckets", be32, Bucket, 65_536);
export const dropped = perCpuArrayMap("dropped", u64, 1);

export const limitSyns = xdp((ctx) => {
  "use bpf";
  const pkt = packet(ctx);
  const eth = pkt.next(kernel.ethhdr);
  if (!eth || eth.h_proto !== htons(ETH_P_IP)) return XDP_PASS;
  const ip = pkt.next(kernel.iphdr);
  if (!ip || ip.protocol !== IPPROTO_TCP) return XDP_PASS;
  if (ip.ihl > 5) pkt.skip((ip.ihl - 5) * 4);
  const tcp = pkt.next(kernel.tcphdr);
  if (!tcp || !tcp.syn || tcp.ack) return XDP_PASS;

  const now = bpf.ktimeGetNs();
  const bucket = buckets.lookup(ip.saddr);
  if (!bucket) {
    buckets.update(ip.saddr, Bucket({ creditNs: burstNs.value - costNs.value, filledNs: now }));
    return XDP_PASS;
  }
  // Two CPUs may read the same credit; then one connection too many gets through, which does no harm.
  let credit = bucket.creditNs + now - bucket.filledNs;
  if (credit > burstNs.value) credit = burstNs.value;
  const enough = credit >= costNs.value;
  bucket.creditNs = enough ? credit - costNs.value : credit;
  bucket.filledNs = now;
  if (enough) return XDP_PASS;
  const count = dropped.lookup(0);
  if (count) count.value += 1n;
  return XDP_DROP;
});
