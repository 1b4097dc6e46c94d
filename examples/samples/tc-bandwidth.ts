/**
 * Measures each flow that leaves through an interface, and drops what goes beyond its share: a token bucket per flow.
 * @module
 */
import { be16, be32, bpf, config, htons, kernel, lruHashMap } from "ts-ebpf";
import { packet, struct, tcx, u64, u8 } from "ts-ebpf";

const TCX_NEXT = -1;
const TCX_DROP = 2;
const ETH_P_IP = 0x0800;
const IPPROTO_TCP = 6;
const IPPROTO_UDP = 17;
const NS_PER_S = 1_000_000_000n;

/** What each flow may send. */
export const bytesPerSecond = config("bytes_per_s", u64, 1_000_000n);
/** Most time that a flow can save up for. */
export const burstNs = config("burst_ns", u64, 100_000_000n);

const Ports = struct("ports", { source: be16, destination: be16 });
const Flow = struct("flow", {
  source: be32,
  destination: be32,
  sourcePort: be16,
  destinationPort: be16,
  protocol: u8,
});
const Usage = struct("usage", { sent: u64, dropped: u64, creditNs: u64, filledNs: u64 });

/** Bytes by flow. */
export const flows = lruHashMap("flows", Flow, Usage, 16_384);

export const limitBandwidth = tcx("egress", (skb) => {
  "use bpf";
  const pkt = packet(skb);
  const eth = pkt.next(kernel.ethhdr);
  if (!eth || eth.h_proto !== htons(ETH_P_IP)) return TCX_NEXT;
  const ip = pkt.next(kernel.iphdr);
  if (!ip) return TCX_NEXT;
  if (ip.protocol !== IPPROTO_TCP && ip.protocol !== IPPROTO_UDP) return TCX_NEXT;
  if (ip.ihl > 5) pkt.skip((ip.ihl - 5) * 4);
  const ports = pkt.next(Ports);
  if (!ports) return TCX_NEXT;

  const flow = Flow({
    source: ip.saddr,
    destination: ip.daddr,
    sourcePort: ports.source,
    destinationPort: ports.destination,
    protocol: ip.protocol,
  });
  const now = bpf.ktimeGetNs();
  const bytes = u64(skb.len);
  const usage = flows.lookup(flow);
  if (!usage) {
    flows.update(flow, Usage({ sent: bytes, creditNs: burstNs.value, filledNs: now }));
    return TCX_NEXT;
  }
  const costNs = (bytes * NS_PER_S) / bytesPerSecond.value;
  let credit = usage.creditNs + now - usage.filledNs;
  if (credit > burstNs.value) credit = burstNs.value;
  usage.filledNs = now;
  if (credit < costNs) {
    usage.creditNs = credit;
    usage.dropped += bytes;
    return TCX_DROP;
  }
  usage.creditNs = credit - costNs;
  usage.sent += bytes;
  return TCX_NEXT;
});
