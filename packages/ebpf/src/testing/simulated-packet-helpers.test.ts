import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { assemble, type Item } from "../asm/assemble.ts";
import { mov } from "../asm/alu.ts";
import { call, callKfunc, exit } from "../asm/call.ts";
import { ldx, st, stx } from "../asm/memory.ts";
import { at } from "../asm/place.ts";
import { loadMapValue } from "../asm/wide.ts";
import { loadCollection } from "../collection/load.ts";
import type { Instruction } from "../isa/instruction.ts";
import { r0, r1, r6, r10 } from "../isa/register.ts";
import { u64 } from "../layout/index.ts";
import { attachCgroup } from "../link/cgroup.ts";
import { attachTcx } from "../link/tcx.ts";
import { createSimulatedKernel } from "../sim/simulated-kernel.ts";
import { perfEventArray } from "../spec/perf-event-array.ts";
import { global } from "../spec/global-spec.ts";
import { program } from "../spec/program.ts";
import { tcx } from "../spec/tcx.ts";

const noted = global("noted", u64, 0n);
/** Notes r0. */
const note = [loadMapValue(r1, noted), stx("u64", r1, 0, r0)];

/** What a program on a packet notes, as a number with sign, and the packet it leaves. */
function run(code: readonly Item[], packet: Uint8Array): readonly [number, Uint8Array] {
  const kernel = createSimulatedKernel({ checking: "off" });
  const instructions: readonly Instruction[] = assemble([...code, ...note, mov(r0, 0), exit()]);
  using loaded = loadCollection(kernel, { noted, look: tcx("ingress", instructions) });
  using _ = attachTcx(loaded.look, "lo", { direction: "ingress" });
  const { packet: left } = kernel.fire.receive("lo", packet);
  return [Number(BigInt.asIntN(64, loaded.noted.value)), left];
}

/** A packet of IPv4: addresses, type, 26 bytes that count up. */
const packet = Uint8Array.from({ length: 40 }, (_, index) =>
  index === 12 ? 8 : index === 13 ? 0 : index,
);

describe("helpers on packets", () => {
  it("make room for the other version of IP", () => {
    const [result, left] = run([call("skb_change_proto", r1, 0xdd86, 0)], packet);
    assert.deepEqual([result, left.length], [0, 60]);
    assert.deepEqual([...left.subarray(34)], [...packet.subarray(14)]);
    assert.equal(run([call("skb_change_proto", r1, 0xdd86, 1)], packet)[0], -22);
    assert.equal(run([call("skb_change_proto", r1, 0x0008, 0)], packet)[0], -524);
  });

  it("set the time that a packet is sent", () => {
    const check = (time: number, type: number, expected: number): void =>
      assert.equal(run([call("skb_set_tstamp", r1, time, type)], packet)[0], expected);
    check(5, 1, 0);
    check(0, 0, 0);
    check(5, 0, 0);
    check(5, 2, 0);
    check(0, 1, -22);
    check(0, 2, -22);
    check(5, 3, -22);
    assert.equal(run([call("skb_set_tstamp", r1, 5, 1)], new Uint8Array(40))[0], -95);
  });

  it("keep the tunnel of a packet", () => {
    const key = at(r10, -48);
    const set = [st("u64", r10, -48, 77), call("skb_set_tunnel_key", r6, key, 28, 0)];
    const get = [
      st("u64", r10, -48, 1),
      call("skb_get_tunnel_key", r6, key, 28, 0),
      ldx("u64", r0, r10, -48),
    ];
    assert.equal(run([mov(r6, r1), ...set, ...get], packet)[0], 77);
    assert.equal(run([mov(r6, r1), ...get], packet)[0], 0);
    assert.equal(run([call("skb_get_tunnel_key", r1, key, 28, 0)], packet)[0], -22);
    assert.equal(run([call("skb_set_tunnel_key", r1, key, 27, 0)], packet)[0], -22);
    const options = [st("u64", r10, -48, 9), call("skb_set_tunnel_opt", r6, key, 8)];
    const back = [call("skb_get_tunnel_opt", r6, at(r10, -16), 8), ldx("u64", r0, r10, -16)];
    assert.equal(run([mov(r6, r1), ...set, ...options, ...back], packet)[0], 9);
    assert.equal(run([mov(r6, r1), ...options], packet)[0], -22);
  });
});

describe("pointers with a length", () => {
  const pointer = at(r10, -16);
  const ofPacket = callKfunc("bpf_dynptr_from_skb", r1, 0, pointer);

  it("are of a packet, whole or in part", () => {
    assert.equal(run([ofPacket, callKfunc("bpf_dynptr_size", pointer)], packet)[0], 40);
    const slice = (offset: number, length: number) => [
      ofPacket,
      callKfunc("bpf_dynptr_slice", pointer, offset, 0, length),
    ];
    assert.equal(run([...slice(20, 8), ldx("u8", r0, r0, 0)], packet)[0], 20);
    assert.equal(run(slice(33, 8), packet)[0], 0);
    const write = [...slice(20, 4), st("u8", r0, 0, 99), mov(r0, 1)];
    assert.equal(run(write, packet)[1][20], 99);
  });

  it("get shorter, and have copies that do not", () => {
    const adjust = (start: number, end: number) => [
      ofPacket,
      callKfunc("bpf_dynptr_clone", pointer, at(r10, -32)),
      callKfunc("bpf_dynptr_adjust", pointer, start, end),
    ];
    const size = (of: number) => callKfunc("bpf_dynptr_size", at(r10, of));
    assert.equal(run([...adjust(10, 30), size(-16)], packet)[0], 20);
    assert.equal(run([...adjust(10, 30), size(-32)], packet)[0], 40);
    assert.equal(run(adjust(30, 10), packet)[0], -22);
    assert.equal(run(adjust(10, 41), packet)[0], -34);
    const wrong = callKfunc("bpf_dynptr_from_skb", r1, 1, pointer);
    assert.equal(run([wrong], packet)[0], -22);
    assert.equal(run([wrong, callKfunc("bpf_dynptr_is_null", pointer)], packet)[0], 1);
  });
});

describe("counters of perf events", () => {
  const counters = perfEventArray("counters", u64);

  it("are what a test says, of the CPU that runs", () => {
    const kernel = createSimulatedKernel({ checking: "off" });
    const code = (flags: number) =>
      assemble([
        call("perf_event_read_value", counters, flags, at(r10, -24), 24),
        mov(r6, r0),
        ldx("u64", r0, r10, -24),
        ...note,
        mov(r0, r6),
        exit(),
      ]);
    const look = (flags: number) => program("kprobe", code(flags));
    using loaded = loadCollection(kernel, { noted, counters, first: look(0), far: look(9) });
    const check = (name: "first" | "far", expected: readonly [number, bigint]): void => {
      const { value } = kernel.run(loaded[name], {});
      assert.deepEqual([value, loaded.noted.value], expected);
    };
    // The map of a collection has an event for each CPU, which counts nothing.
    check("first", [0, 0n]);
    check("far", [-7, 0n]);
    using event = kernel.openPerfEvent({
      kind: "sample",
      event: "cpu_cycles",
      sampling: { frequencyHz: 1 },
      cpu: 0,
    });
    kernel.bpf("mapUpdateElem", {
      map: loaded.counters.handle,
      key: new Uint8Array(4),
      value: [event],
    });
    kernel.world.counters.cpu_cycles = 123n;
    check("first", [0, 123n]);
    kernel.world.cpu = 1;
    check("first", [-22, 0n]);
  });
});

describe("sockets of TCP", () => {
  it("have what the kernel counts of them", () => {
    const kernel = createSimulatedKernel({ checking: "off" });
    const code = assemble([
      ldx("u64", r1, r1, 184),
      call("tcp_sock", r1),
      ldx("u32", r0, r0, 4),
      ...note,
      mov(r0, 1),
      exit(),
    ]);
    const look = program("sock_ops", code, { expectedAttachType: "cgroup_sock_ops", name: "look" });
    using loaded = loadCollection(kernel, { noted, look });
    using _ = attachCgroup(loaded.look, "/sys/fs/cgroup");
    using socket = kernel.addSocket({ protocol: 6 }, { tcp: { srtt_us: 800 } });
    kernel.run(loaded.look, { fields: { op: 1, sk: kernel.addressOf(socket) } });
    assert.equal(loaded.noted.value, 800n);
  });
});
