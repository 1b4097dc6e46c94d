/**
 * Whole programs as users write them, called as plain JavaScript.
 * @module
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fromHex } from "../base/bytes.ts";
import { chars } from "../layout/chars.ts";
import { be16, be32, s32, u16, u32, u64 } from "../layout/integer.ts";
import { struct } from "../layout/struct.ts";
import { arrayMap } from "../spec/array-map.ts";
import { config } from "../spec/global-spec.ts";
import { hashMap } from "../spec/hash-map.ts";
import { lpmTrie } from "../spec/lpm-trie.ts";
import { ringbuf } from "../spec/ringbuf.ts";
import { stackTraceMap } from "../spec/stack-trace-map.ts";
import { sourceProgram, type SourceCode } from "../spec/source-program.ts";
import { xdp } from "../spec/xdp.ts";
import { atomic } from "../lang/builtins/atomic.ts";
import { bpf } from "../lang/builtins/bpf.ts";
import { ntohs } from "../lang/builtins/byte-order.ts";
import { kernel } from "../lang/builtins/kernel-struct.ts";
import { packet } from "../lang/builtins/packet.ts";
import { simulate } from "./simulate.ts";

const tracing = (code: SourceCode) =>
  sourceProgram({ type: "tracepoint", target: { kind: "none" } }, code);

describe("a counter", () => {
  const counts = hashMap("counts", u32, u64, 2);
  const total = arrayMap("total", u64, 1);
  const count = tracing(() => {
    "use bpf";
    const pid = u32(bpf.getCurrentPidTgid() >> 32n);
    const found = counts.lookup(pid);
    if (found) atomic(found).value += 1n;
    else counts.update(pid, 1n, "noexist");
    const all = total.lookup(0);
    if (all) all.value += 1n;
  });

  it("counts per process until its map is full", () => {
    using world = simulate({ pid: 7 });
    world.run(count);
    world.run(count);
    world.pid = 8;
    world.run(count);
    world.pid = 9;
    world.run(count);
    assert.deepEqual(world.map(counts).entries(), [
      [7, 2n],
      [8, 1n],
    ]);
    assert.equal(world.map(total).get(0), 4n);
  });

  it("wraps as the machine does", () => {
    using world = simulate();
    world.map(counts).set(1000, 2n ** 64n - 1n);
    world.run(count);
    assert.equal(world.map(counts).get(1000), 0n);
  });
});

describe("opensnoop", () => {
  const OpenEvent = struct("open_event", {
    pid: u32,
    flags: u32,
    ret: s32,
    comm: chars(16),
    file: chars(16),
  });
  const Start = struct("start", { file: u64, flags: u32 });
  const events = ringbuf("events", OpenEvent, 4096);
  const targetPid = config("targetPid", u32, 0);
  const starts = hashMap("starts", u64, Start, 10_240);

  interface Enter {
    readonly args: readonly bigint[];
  }

  const onOpen = tracing((ctx: Enter) => {
    "use bpf";
    const id = bpf.getCurrentPidTgid();
    const pid = u32(id >> 32n);
    if (targetPid.value !== 0 && pid !== targetPid.value) return 0;
    starts.update(id, Start({ file: ctx.args[1]!, flags: u32(ctx.args[2]!) }));
    return 0;
  });

  const onOpenExit = tracing((ctx: { readonly ret: bigint }) => {
    "use bpf";
    const id = bpf.getCurrentPidTgid();
    const st = starts.lookup(id);
    if (!st) return 0;
    const e = events.reserve();
    if (e) {
      e.pid = u32(id >> 32n);
      e.flags = st.flags;
      e.ret = s32(ctx.ret);
      e.comm = bpf.getCurrentComm();
      e.file = bpf.probeReadUserStr(st.file);
      events.submit(e);
    }
    starts.delete(id);
    return 0;
  });

  it("tells what was opened, by whom, and how it went", () => {
    using world = simulate({ pid: 7, tid: 9, comm: "a-name-of-more-than-15-bytes" });
    const file = world.place("/etc/a/rather/long/name");
    world.run(onOpen, { args: [0n, file, 0x1_0000_8000n] });
    assert.deepEqual(world.map(starts).get((7n << 32n) | 9n), { file, flags: 0x8000 });
    world.run(onOpenExit, { ret: 2n ** 64n - 2n });
    assert.deepEqual(world.events(events), [
      { pid: 7, flags: 0x8000, ret: -2, comm: "a-name-of-more-", file: "/etc/a/rather/l" },
    ]);
    assert.equal(world.map(starts).size, 0);
  });

  it("leaves out other processes when asked for one", () => {
    using world = simulate({ pid: 7 });
    targetPid.value = 8;
    world.run(onOpen, { args: [0n, 0n, 0n] });
    targetPid.value = 0;
    assert.equal(world.map(starts).size, 0);
    world.run(onOpenExit, { ret: 0n });
    assert.deepEqual(world.events(events), []);
  });

  it("finds no room when nobody reads", () => {
    using world = simulate();
    let written = 0;
    for (;;) {
      world.run(onOpen, { args: [0n, 0n, 0n] });
      world.run(onOpenExit, { ret: 0n });
      if (world.events(events).length === written) break;
      written++;
    }
    // 44 bytes and a header of 8, rounded up to 56, in 4095.
    assert.equal(written, 73);
    assert.equal(world.consume(events).length, 73);
    world.run(onOpen, { args: [0n, 0n, 0n] });
    world.run(onOpenExit, { ret: 0n });
    assert.equal(world.events(events).length, 1);
  });
});

describe("a firewall", () => {
  const [XDP_DROP, XDP_PASS] = [1, 2];
  const LpmKey = struct("lpm_key", { prefixlen: u32, addr: be32 });
  const Rule = struct("rule", { action: u32, hits: u64 });
  const VlanHdr = struct("vlan_hdr", { tci: be16, proto: be16 });
  const rules = lpmTrie("rules", LpmKey, Rule, 1024);
  const blockedPorts = hashMap("blocked_ports", u16, u64, 256);

  const firewall = xdp((ctx) => {
    "use bpf";
    const pkt = packet(ctx);
    const eth = pkt.next(kernel.ethhdr);
    if (!eth) return XDP_PASS;
    let proto = ntohs(eth.h_proto);
    if (proto === 0x8100) {
      const vlan = pkt.next(VlanHdr);
      if (!vlan) return XDP_PASS;
      proto = ntohs(vlan.proto);
    }
    if (proto !== 0x0800) return XDP_PASS;
    const ip = pkt.next(kernel.iphdr);
    if (!ip) return XDP_PASS;
    const rule = rules.lookup(LpmKey({ prefixlen: 32, addr: ip.saddr }));
    if (rule) {
      atomic(rule).hits += 1n;
      if (rule.action === XDP_DROP) return XDP_DROP;
    }
    if (ip.ihl > 5) pkt.skip((ip.ihl - 5) * 4);
    if (ip.protocol === 6 || ip.protocol === 17) {
      const l4 = pkt.next(kernel.udphdr);
      if (!l4) return XDP_PASS;
      const hits = blockedPorts.lookup(ntohs(l4.dest));
      if (hits) {
        atomic(hits).value += 1n;
        return XDP_DROP;
      }
    }
    return XDP_PASS;
  });

  const ethernet = "ffffffffffff 020000000001";
  const ip = (from: string, options = "") =>
    `4${5 + options.length / 8} 00 0030 0000 0000 40 11 0000 ${from} 7f000001 ${options}`;
  const udp = (port: number) => `1234 ${port.toString(16).padStart(4, "0")} 0008 0000`;

  const check = (bytes: string, expected: number): void => {
    using world = simulate();
    world.map(rules).set({ prefixlen: 8, addr: 0x0a00_0000 }, { action: XDP_DROP, hits: 0n });
    world.map(rules).set({ prefixlen: 16, addr: 0x0a01_0000 }, { action: XDP_PASS, hits: 0n });
    world.map(blockedPorts).set(53, 0n);
    assert.equal(world.run(firewall, world.xdp(fromHex(bytes))), expected);
  };

  it("drops by the longest prefix of the source", () => {
    check(`${ethernet} 0800 ${ip("0a020304")} ${udp(80)}`, XDP_DROP);
    check(`${ethernet} 0800 ${ip("0a010304")} ${udp(80)}`, XDP_PASS);
    check(`${ethernet} 0800 ${ip("0b020304")} ${udp(80)}`, XDP_PASS);
  });
  it("drops by port, behind options and a VLAN tag", () => {
    check(`${ethernet} 0800 ${ip("0b000001")} ${udp(53)}`, XDP_DROP);
    check(`${ethernet} 0800 ${ip("0b000001", "0101010100000000")} ${udp(53)}`, XDP_DROP);
    check(`${ethernet} 8100 0001 0800 ${ip("0b000001")} ${udp(53)}`, XDP_DROP);
    check(`${ethernet} 8100 0001 86dd ${ip("0b000001")} ${udp(53)}`, XDP_PASS);
  });
  it("passes what ends too soon", () => {
    check(`${ethernet} 08`, XDP_PASS);
    check(`${ethernet} 0800 45`, XDP_PASS);
    check(`${ethernet} 0800 ${ip("0b000001")} 1234 0035 0008`, XDP_PASS);
  });
  it("counts the hits of the rule", () => {
    using world = simulate();
    world.map(rules).set({ prefixlen: 0, addr: 0 }, { action: XDP_DROP, hits: 41n });
    world.run(firewall, world.xdp(fromHex(`${ethernet} 0800 ${ip("01020304")}`)));
    assert.deepEqual(world.map(rules).get({ prefixlen: 0, addr: 0 }), {
      action: XDP_DROP,
      hits: 42n,
    });
  });
});

describe("connection latency", () => {
  const Start = struct("start", { ts: u64, pid: u32, comm: chars(16) });
  const ConnEvent = struct("conn_event", {
    deltaNs: u64,
    pid: u32,
    saddr: be32,
    sport: u16,
    dport: u16,
  });
  const starts = hashMap("starts", u64, Start, 4096);
  const events = ringbuf("events", ConnEvent, 4096);
  interface Sock {
    readonly __sk_common: {
      readonly skc_rcv_saddr: number;
      readonly skc_num: number;
      readonly skc_dport: number;
    };
  }
  const onState = tracing((sk: Sock, _old: number, state: number) => {
    "use bpf";
    if (state === 2) {
      const s = Start({ ts: bpf.ktimeGetNs(), pid: u32(bpf.getCurrentPidTgid() >> 32n) });
      s.comm = bpf.getCurrentComm();
      starts.update(u64(sk), s);
      return;
    }
    const s = starts.lookup(u64(sk));
    if (!s) return;
    const e = events.reserve();
    if (e) {
      // oxlint-disable-next-line no-underscore-dangle -- a name of the kernel
      const c = sk.__sk_common;
      e.deltaNs = bpf.ktimeGetNs() - s.ts;
      e.pid = s.pid;
      e.saddr = c.skc_rcv_saddr;
      e.sport = c.skc_num;
      e.dport = ntohs(c.skc_dport);
      events.submit(e);
    }
    starts.delete(u64(sk));
  });

  it("keeps sockets apart by their addresses", () => {
    using world = simulate({ pid: 5 });
    const sock = (num: number): Sock => ({
      __sk_common: { skc_rcv_saddr: 0x0100_007f, skc_num: num, skc_dport: 0x5000 },
    });
    const [first, second] = [sock(1), sock(2)];
    world.run(onState, first, 1, 2);
    world.advance(100n);
    world.run(onState, second, 1, 2);
    world.advance(11n);
    world.run(onState, first, 2, 1);
    assert.deepEqual(world.events(events), [
      { deltaNs: 111n, pid: 5, saddr: 0x7f00_0001, sport: 1, dport: 80 },
    ]);
    assert.equal(world.map(starts).size, 1);
    assert.ok(world.map(starts).get(world.address(second)));
  });
});

describe("a profiler", () => {
  const userStack = 256;
  const Key = struct("key", { pid: u32, kstack: s32, ustack: s32 });
  const stacks = stackTraceMap("stacks", 16);
  const samples = hashMap("samples", Key, u64, 16);
  const sample = tracing((ctx: object) => {
    "use bpf";
    const pid = u32(bpf.getCurrentPidTgid() >> 32n);
    const key = Key({ pid, kstack: stacks.getId(ctx), ustack: stacks.getId(ctx, userStack) });
    const n = samples.lookup(key);
    if (n) n.value += 1n;
    else samples.update(key, 1n);
  });

  it("counts stacks by their numbers", () => {
    using world = simulate({ kernelStack: [0xffff_ffff_8100_0000n] });
    world.run(sample, {});
    world.run(sample, {});
    const [[key, count] = []] = world.map(samples).entries();
    assert.deepEqual([key, count], [{ pid: 1000, kstack: 0, ustack: -14 }, 2n]);
  });
});
