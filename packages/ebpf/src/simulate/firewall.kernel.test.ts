/**
 * A firewall compiled and run by the kernel, against the same function called as JavaScript.
 * @module
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { compileAndLoad } from "../collection/load.ts";
import { be32, u16, u32, u64 } from "../layout/integer.ts";
import { struct } from "../layout/struct.ts";
import { hashMap } from "../spec/hash-map.ts";
import { lpmTrie } from "../spec/lpm-trie.ts";
import { xdp } from "../spec/xdp.ts";
import { kernelUnderTest } from "../testing/kernel-under-test.ts";
import { needs } from "../testing/needs.ts";
import { ntohs } from "../lang/builtins/byte-order.ts";
import { kernel } from "../lang/builtins/kernel-struct.ts";
import { packet } from "../lang/builtins/packet.ts";
import { simulate } from "./simulate.ts";

const XDP_DROP = 1;
const XDP_PASS = 2;
const LpmKey = struct("lpm_key", { prefixlen: u32, addr: be32 });
const Rule = struct("rule", { action: u32, hits: u64 });
const rules = lpmTrie("rules", LpmKey, Rule, 16);
const ports = hashMap("ports", u16, u64, 16);

const firewall = xdp((ctx) => {
  "use bpf";
  const pkt = packet(ctx);
  const eth = pkt.next(kernel.ethhdr);
  if (!eth) return XDP_PASS;
  if (ntohs(eth.h_proto) !== 0x0800) return XDP_PASS;
  const ip = pkt.next(kernel.iphdr);
  if (!ip) return XDP_PASS;
  const rule = rules.lookup(LpmKey({ prefixlen: 32, addr: ip.saddr }));
  if (rule) {
    rule.hits += 1n;
    if (rule.action === XDP_DROP) return XDP_DROP;
  }
  if (ip.ihl > 5) pkt.skip((ip.ihl - 5) * 4);
  if (ip.protocol === 6 || ip.protocol === 17) {
    const l4 = pkt.next(kernel.udphdr);
    if (!l4) return XDP_PASS;
    const hits = ports.lookup(ntohs(l4.dest));
    if (hits) {
      hits.value += 1n;
      return XDP_DROP;
    }
  }
  return XDP_PASS;
});

const rule = { action: XDP_DROP, hits: 0n };

/** A packet that is IPv4 most of the time, and cut somewhere some of the time. */
const packets = fc
  .record({
    proto: fc.constantFrom([8, 0], [8, 0], [8, 0], [0x86, 0xdd]),
    first: fc.constantFrom(0x45, 0x45, 0x46, 0x4f, 0x40),
    protocol: fc.constantFrom(6, 17, 1),
    source: fc.constantFrom([10, 1, 2, 3], [10, 2, 2, 3], [11, 1, 2, 3]),
    options: fc.constantFrom(0, 0, 4, 40),
    port: fc.constantFrom([0, 53], [0, 80], [53, 0]),
    cut: fc.nat(80),
  })
  .map(({ proto, first, protocol, source, options, port, cut }) => {
    const zeros = (count: number): number[] => Array.from({ length: count }, () => 0);
    const ethernet = [...zeros(12), ...proto];
    const ip = [first, ...zeros(8), protocol, 0, 0, ...source, ...zeros(4 + options)];
    const bytes = [...ethernet, ...ip, 0, 1, ...port, ...zeros(4)];
    // The kernel takes no packet shorter than an Ethernet header.
    return Uint8Array.from(bytes.slice(0, Math.max(14, bytes.length - Math.max(0, cut - 40))));
  });

describe("a compiled firewall", needs("root", "bpf", "btf"), () => {
  it("decides as the function does, and counts the same", async () => {
    using world = simulate();
    using loaded = await compileAndLoad(kernelUnderTest(), { rules, ports, firewall }, {});
    const prefix = { prefixlen: 16, addr: 0x0a01_0000 };
    world.map(rules).set(prefix, rule);
    world.map(ports).set(53, 0n);
    loaded.rules.set(prefix, rule);
    loaded.ports.set(53, 0n);
    const property = fc.property(packets, (data) => {
      const { returnValue } = loaded.firewall.run({ data });
      assert.equal(world.run(firewall, world.xdp(data)), returnValue);
    });
    fc.assert(property, { numRuns: 300 });
    assert.ok(world.map(rules).get(prefix)!.hits > 0n && world.map(ports).get(53)! > 0n);
    assert.deepEqual(world.map(rules).get(prefix), loaded.rules.get(prefix));
    assert.deepEqual(world.map(ports).get(53), loaded.ports.get(53));
  });
});
