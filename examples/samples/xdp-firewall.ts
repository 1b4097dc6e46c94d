/**
 * Drops packets from networks and to ports that are not wanted: rules by longest prefix, with hits counted.
 * @module
 */
import { atomic, be16, be32, hashMap, kernel, lpmTrie, ntohs } from "ts-ebpf";
import { packet, struct, u16, u32, u64, xdp } from "ts-ebpf";

const XDP_DROP = 1;
const XDP_PASS = 2;
const ETH_P_IP = 0x0800;
const ETH_P_8021Q = 0x8100;
const IPPROTO_TCP = 6;
const IPPROTO_UDP = 17;

const Network = struct("network", { prefixlen: u32, address: be32 });
const Rule = struct("rule", { action: u32, hits: u64 });
const VlanHeader = struct("vlan_header", { tci: be16, proto: be16 });

/** What happens to packets by where they come from: `XDP_DROP` or `XDP_PASS`. */
export const rules = lpmTrie("rules", Network, Rule, 1024);
/** Ports of TCP and UDP that nobody reaches, with the packets that tried. */
export const blockedPorts = hashMap("blocked_ports", u16, u64, 256);

export const firewall = xdp((ctx) => {
  "use bpf";
  const pkt = packet(ctx);
  const eth = pkt.next(kernel.ethhdr);
  if (!eth) return XDP_PASS;
  let proto = ntohs(eth.h_proto);
  if (proto === ETH_P_8021Q) {
    const vlan = pkt.next(VlanHeader);
    if (!vlan) return XDP_PASS;
    proto = ntohs(vlan.proto);
  }
  if (proto !== ETH_P_IP) return XDP_PASS;
  const ip = pkt.next(kernel.iphdr);
  if (!ip) return XDP_PASS;

  const rule = rules.lookup(Network({ prefixlen: 32, address: ip.saddr }));
  if (rule) {
    atomic(rule).hits += 1n;
    if (rule.action === XDP_DROP) return XDP_DROP;
  }
  if (ip.ihl > 5) pkt.skip((ip.ihl - 5) * 4);
  if (ip.protocol === IPPROTO_TCP || ip.protocol === IPPROTO_UDP) {
    const ports = pkt.next(kernel.udphdr); // They are at the same place in TCP.
    if (!ports) return XDP_PASS;
    const hits = blockedPorts.lookup(ntohs(ports.dest));
    if (hits) {
      atomic(hits).value += 1n;
      return XDP_DROP;
    }
  }
  return XDP_PASS;
});
