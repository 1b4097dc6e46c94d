import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { fromHex, hex } from "../../base/bytes.ts";
import { array } from "../../layout/array.ts";
import { be16, u16, u32, u64, u8 } from "../../layout/integer.ts";
import { objectOf } from "../../layout/memory-object.ts";
import { struct } from "../../layout/struct.ts";
import { arrayMap } from "../../spec/array-map.ts";
import { bpf } from "../../lang/builtins/bpf.ts";
import { enumValue } from "../../lang/builtins/kernel-facts.ts";
import { kernel } from "../../lang/builtins/kernel-struct.ts";
import { kfunc } from "../../lang/builtins/kfunc.ts";
import { packet } from "../../lang/builtins/packet.ts";
import { printk } from "../../lang/builtins/printk.ts";
import { sizeOf } from "../../layout/inspect.ts";
import { NotSimulatedError } from "../not-simulated-error.ts";
import { simulate } from "../simulate.ts";

describe("simulated helpers about the task", () => {
  it("tell what the test said", () => {
    using world = simulate({ pid: 7, tid: 8, uid: 1, gid: 2, comm: "sh", cpu: 3, now: 5n });
    assert.equal(bpf.getCurrentPidTgid(), (7n << 32n) | 8n);
    assert.equal(bpf.getCurrentUidGid(), (2n << 32n) | 1n);
    assert.equal(bpf.getCurrentComm(), "sh");
    assert.equal(bpf.getSmpProcessorId(), 3);
    assert.equal(bpf.ktimeGetNs(), 5n);
    world.advance(7n);
    assert.equal(bpf.ktimeGetBootNs(), 12n);
    assert.equal(bpf.getCurrentTask(), world.address(bpf.getCurrentTaskBtf()));
    assert.equal(bpf.sendSignal(9), 0);
    assert.deepEqual(world.signals, [9]);
  });
  it("make the same random numbers each time", () => {
    const numbers = () => {
      using world = simulate({ seed: 3 });
      assert.ok(world);
      return [bpf.getPrandomU32(), bpf.getPrandomU32(), bpf.getPrandomU32()];
    };
    assert.deepEqual(numbers(), numbers());
    assert.equal(new Set(numbers()).size, 3);
  });
});

describe("simulated helpers on memory", () => {
  const Pair = struct("pair", { low: u8, high: u16 });

  it("read what the test placed", () => {
    using world = simulate();
    const address = world.place(fromHex("01 00 0302 ff"));
    assert.deepEqual(bpf.probeReadUser(Pair, address), { low: 1, high: 0x203 });
    assert.equal(bpf.probeReadUser(u16, address + 2n), 0x203);
    const text = world.place("hello");
    assert.equal(bpf.probeReadUserStr(text), "hello");
    assert.equal(bpf.probeReadUserStr(text + 3n), "lo");
  });
  it("read zeros where nothing is", () => {
    using world = simulate();
    const address = world.place(new Uint8Array(2).fill(7));
    assert.equal(bpf.probeReadKernel(u32, address), 0);
    assert.deepEqual(bpf.probeReadKernel(Pair, 0n), { low: 0, high: 0 });
    assert.equal(bpf.probeReadKernelStr(1n), "");
  });
  it("read objects by their addresses and their fields", () => {
    using world = simulate();
    const object = { high: 0x1_0002, name: "x", low: 1 };
    assert.deepEqual(bpf.probeReadKernel(Pair, world.address(object)), { low: 1, high: 2 });
    assert.deepEqual(bpf.probeReadKernel(Pair, Pair({ high: 3 })), { low: 0, high: 3 });
  });
  it("write for user space", () => {
    using world = simulate();
    const address = world.place(new Uint8Array(4));
    assert.equal(bpf.probeWriteUser(address, Pair({ low: 9 })), 0);
    assert.equal(bpf.probeReadUser(u8, address), 9);
    assert.equal(bpf.probeWriteUser(1n, Pair()), -14);
  });
  it("compare and read text", () => {
    using world = simulate();
    assert.ok(world);
    assert.equal(bpf.strncmp("abc", "abc"), 0);
    assert.ok(bpf.strncmp("abc", "abd") < 0);
    assert.ok(bpf.strncmp("abc", "ab") > 0);
    const result = objectOf(u64) as { value: bigint };
    assert.equal(bpf.strtoul("0x1fz", 0, result), 4);
    assert.equal(result.value, 0x1fn);
    assert.equal(bpf.strtol(" -12", 10, result), 4);
    assert.equal(result.value, 2n ** 64n - 12n);
    assert.equal(bpf.strtoul("-1", 10, result), -22);
    assert.equal(bpf.strtoul("zz", 10, result), -22);
  });
});

describe("simulated helpers on packets", () => {
  const ethernet = `${"00".repeat(12)}0800`;

  it("read and write parts of it", () => {
    using world = simulate();
    const ctx = world.skb(fromHex(`${ethernet} 0102`));
    assert.equal(bpf.skbLoadBytes(ctx, 14, u16), 0x201);
    assert.equal(bpf.skbLoadBytes(ctx, 15, u16), undefined);
    assert.equal(bpf.skbStoreBytes(ctx, 14, objectOf(u16, 0x506)), 0);
    assert.equal(bpf.skbStoreBytes(ctx, 15, objectOf(u16, 0)), -14);
    assert.equal(hex(world.packetBytes(ctx)), `${ethernet}0605`);
    assert.equal(ctx.len, 16);
    assert.equal(ctx.protocol, 0x0008);
  });
  it("move its ends", () => {
    using world = simulate();
    const ctx = world.xdp(fromHex(`${ethernet} 0102`));
    assert.equal(bpf.xdpAdjustHead(ctx, -4), 0);
    assert.equal(ctx.data_end - ctx.data, 20);
    assert.equal(bpf.xdpAdjustTail(ctx, -6), 0);
    assert.equal(packet(ctx).length, 14);
    assert.equal(bpf.xdpAdjustTail(ctx, -1), -22);
    assert.equal(bpf.xdpAdjustHead(ctx, 1), -22);
    assert.equal(bpf.xdpAdjustHead(ctx, -1000), -22);
    assert.equal(bpf.xdpAdjustMeta(ctx, -8), 0);
    assert.equal(ctx.data - ctx.data_meta, 8);
    assert.equal(bpf.xdpAdjustMeta(ctx, -3), -22);
    assert.equal(bpf.xdpGetBuffLen(ctx), 14n);
  });
  it("send it elsewhere", () => {
    using world = simulate();
    world.xdp(fromHex(ethernet));
    assert.equal(bpf.redirect(3, 0), 4);
    const skb = world.skb(fromHex(ethernet));
    assert.equal(bpf.redirect(4, 0), 7);
    assert.equal(bpf.cloneRedirect(skb, 5, 0), 0);
    assert.deepEqual(world.redirects, [
      { to: 3, copy: false },
      { to: 4, copy: false },
      { to: 5, copy: true },
    ]);
  });
  it("read headers, changing bits in place", () => {
    using world = simulate();
    const ctx = world.xdp(fromHex(`${ethernet} 45${"00".repeat(19)}`));
    const pkt = packet(ctx);
    pkt.skip(14);
    const ip = pkt.next(kernel.iphdr) as unknown as { ihl: number; version: number };
    assert.deepEqual([ip.version, ip.ihl], [4, 5]);
    ip.ihl = 0x1f;
    assert.equal(world.packetBytes(ctx)[14], 0x4f);
    assert.equal(sizeOf(kernel.tcphdr), 20);
    assert.throws(() => packet({}), /no packet behind this context/);
    assert.throws(() => kernel.task_struct.size, NotSimulatedError);
  });
});

describe("simulated checksums", () => {
  const Words = array(be16, 4);
  const words = fc.array(fc.nat(0xffff), { minLength: 4, maxLength: 4 });

  /** The checksum of the words, from scratch. */
  function checksum(values: readonly number[]): number {
    const sum = values.reduce((total, value) => total + value, 0);
    const folded = (sum & 0xffff) + (sum >>> 16);
    return ~((folded & 0xffff) + (folded >>> 16)) & 0xffff;
  }

  it("are brought up to date as if computed anew", () =>
    fc.assert(
      fc.property(words, fc.nat(3), fc.nat(0xffff), (before, index, value) => {
        using world = simulate();
        const bytes = new Uint8Array(16);
        const view = new DataView(bytes.buffer);
        view.setUint16(14, checksum(before));
        const ctx = world.skb(bytes);
        const raw = (number: number) => new DataView(Uint8Array.of(number >> 8, number).buffer);
        const from = raw(before[index]!).getUint16(0, true);
        const to = raw(value).getUint16(0, true);
        assert.equal(bpf.l4CsumReplace(ctx, 14, from, to, 2), 0);
        const after = before.with(index, value);
        const found = new DataView(world.packetBytes(ctx).buffer).getUint16(14);
        // There are two zeros.
        assert.equal(found % 0xffff, checksum(after) % 0xffff);
      }),
    ));
  it("differ by what changed", () => {
    using world = simulate();
    assert.ok(world);
    const from = objectOf(u32, 0x0001_0002);
    const to = objectOf(u32, 0x0003_0004);
    assert.equal(bpf.csumDiff(from, to, 0), 4n);
    assert.equal(bpf.csumDiff(undefined, to, 1), 8n);
    assert.equal(bpf.csumDiff(objectOf(u16, 1), undefined, 0), -22n);
    assert.equal(Words.size, 8);
  });
});

describe("simulated output", () => {
  it("is collected", () => {
    using world = simulate();
    // oxlint-disable-next-line no-unused-expressions -- the call is the tag
    printk`pid ${7} of ${"sh"} ${1n} ${true}`;
    bpf.tracePrintk("%d %u %x %llx %s%%", -1, -1n, 255, -1n);
    assert.deepEqual(world.printed, [
      "pid 7 of sh 1 true",
      `-1 4294967295 ff ${"f".repeat(16)} 0%`,
    ]);
    const values = arrayMap("values", u32, 4);
    assert.equal(bpf.perfEventOutput({}, values, 0, objectOf(u16, 0x102)), 0);
    assert.deepEqual(world.perfEvents(values), [Uint8Array.of(2, 1)]);
  });
});

describe("what is not simulated", () => {
  it("says so, and how to say what it does", () => {
    using world = simulate();
    assert.ok(world);
    assert.throws(
      () => bpf.dPath({}),
      (error) => error instanceof NotSimulatedError && error.what === "bpf.dPath",
    );
    assert.throws(() => kfunc.bpf_cpumask_create(), NotSimulatedError);
    assert.throws(() => enumValue("TCP_ESTABLISHED"), NotSimulatedError);
  });
  it("is what the test says", () => {
    using world = simulate({
      helpers: { dPath: () => "/etc/passwd" },
      kfuncs: { bpf_cpumask_create: () => undefined },
      enums: { TCP_ESTABLISHED: 1 },
      structs: { task_struct: struct("task_struct", { pid: u32 }) },
    });
    assert.ok(world);
    assert.equal(bpf.dPath({}), "/etc/passwd");
    assert.equal(kfunc.bpf_cpumask_create(), undefined);
    assert.equal(enumValue("TCP_ESTABLISHED"), 1);
    assert.equal(kernel.task_struct.size, 4);
  });
  it("loops and visits elements", () => {
    using world = simulate();
    const values = arrayMap("values", u32, 4);
    world.map(values).set(2, 5);
    const seen: unknown[] = [];
    bpf.forEachMapElem(
      values,
      (_map, key: number, value: { value: number }, context: object) => {
        seen.push([key, value.value, context === world]);
        return key === 2 ? 1 : 0;
      },
      world,
    );
    assert.deepEqual(seen, [
      [0, 0, true],
      [1, 0, true],
      [2, 5, true],
    ]);
    assert.equal(
      bpf.loop(5, (index: number) => index === 2, undefined),
      3,
    );
  });
});
