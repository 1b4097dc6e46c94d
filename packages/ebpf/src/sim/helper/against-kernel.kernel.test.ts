/**
 * Helpers on packets in both kernels next to each other: the same result, and the same packet left.
 *
 * Left out is what depends on the machine: numbers of sockets and namespaces, hashes that nobody set.
 * @module
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { mov } from "../../asm/alu.ts";
import { assemble, type Item } from "../../asm/assemble.ts";
import { call, exit } from "../../asm/call.ts";
import { ldx, st } from "../../asm/memory.ts";
import { at } from "../../asm/place.ts";
import { hex } from "../../base/bytes.ts";
import type { HelperName } from "../../helper/helper-id.ts";
import { r0, r1, r2, r6, r10 } from "../../isa/register.ts";
import { isAtLeast } from "../../kernel/feature.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import { loadProgram } from "../../program/load.ts";
import { program } from "../../spec/program.ts";
import type { ProgramType } from "../../spec/words.ts";
import { openNativeKernel } from "../../sys/native-kernel.ts";
import { needs } from "../../testing/needs.ts";
import { createSimulatedKernel } from "../simulated-kernel.ts";

const native = openNativeKernel();
const simulated = createSimulatedKernel({ version: native.version, checking: "off" });

/** Packets of UDP over IPv4 and IPv6. */
const packets = [
  [8, 0, 0x45, 0, 0, 66, 0, 1, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 0, 53, 0, 54, 0, 46],
  [0x86, 0xdd, 0x60, 0, 0, 0, 0, 26, 17, 64],
].map((header) => {
  const packet = Uint8Array.from({ length: 80 }, (_, index) => index);
  packet.set(header, 12);
  return packet;
});

function outcomeOf(
  kernel: Kernel,
  type: ProgramType,
  code: readonly Item[],
  data: Uint8Array,
): string {
  using loaded = loadProgram(kernel, program(type, assemble(code)));
  const { returnValue, data: left } = loaded.run({ data });
  return `${returnValue | 0} ${hex(left)}`;
}

function check(type: ProgramType, code: readonly Item[]): void {
  for (const data of packets) {
    const expected = outcomeOf(native, type, code, data);
    assert.equal(outcomeOf(simulated, type, code, data), expected);
  }
}

/** Where programs have 64 bytes, the first of which are a number. */
const memory = at(r10, -64);

/** Calls a helper with the context in front, and returns what it does. */
function calling(helper: HelperName, args: readonly (number | typeof memory)[]): readonly Item[] {
  const zeroed = Array.from({ length: 8 }, (_, index) => st("u64", r10, -64 + 8 * index, 0));
  return [
    mov(r6, r1),
    ...zeroed,
    st("u32", r10, -64, 0x14000045),
    call(helper, r6, ...args),
    exit(),
  ];
}

const recent = isAtLeast(native.version, [6, 18]);
const options = recent ? needs("root", "bpf") : { skip: "what Linux 6.18 does" };

describe("helpers of both kernels", options, () => {
  const onTraffic = (
    helper: HelperName,
    ...lists: readonly (readonly (number | typeof memory)[])[]
  ) => {
    void it(`leave the same: ${helper}`, () => {
      for (const args of lists) check("sched_cls", calling(helper, args));
    });
  };

  const reads = [0, 76, 77, 80].map((offset) => [offset, memory, 4]);
  onTraffic("skb_load_bytes", ...reads);
  onTraffic("skb_load_bytes_relative", [0, memory, 4, 0], [60, memory, 4, 1], [0, memory, 4, 2]);
  onTraffic("skb_store_bytes", [0, memory, 4, 0], [78, memory, 4, 0], [20, memory, 4, 4]);
  onTraffic("skb_change_tail", ...[100, 60, 14, 13, 0].map((length) => [length, 0]), [70, 1]);
  onTraffic("skb_change_head", ...[0, 4, 14, 100].map((length) => [length, 0]));
  const rooms = [8, -8, 4, 20, -20, -60].flatMap((by) => [0, 1, 2].map((mode) => [by, mode, 0]));
  onTraffic("skb_adjust_room", ...rooms);
  onTraffic("skb_change_proto", [0xdd86, 0], [0x0008, 0], [0x0081, 0]);
  onTraffic("skb_change_type", [0], [3], [4]);
  onTraffic("skb_vlan_push", [0x0081, 42], [0xa888, 42], [0x1234, 42]);
  onTraffic("skb_vlan_pop", []);
  onTraffic("skb_pull_data", [0], [80], [81]);
  const sums = [2, 0, 4, 3, 0x12].map((flags) => [24, 1, 2, flags]);
  onTraffic("l3_csum_replace", ...sums, [25, 1, 2, 2], [79, 1, 2, 2]);
  const transport = [2, 0x22, 0x62, 0x14, 5].map((flags) => [40, 1, 2, flags]);
  onTraffic("l4_csum_replace", ...transport, [40, 0, 5, 0x10]);
  onTraffic("csum_level", [0], [1], [2], [3], [4]);
  onTraffic("clone_redirect", [9999, 0], [1, 8]);
  const times = [0, 5].flatMap((time) => [0, 1, 2, 3].map((type) => [time, type]));
  onTraffic("skb_set_tstamp", ...times);
  const sizes = [8, 24, 28, 44, 27, 48];
  onTraffic("skb_get_tunnel_key", ...sizes.map((size) => [memory, size, 0]));
  onTraffic("fib_lookup", [memory, 64, 0], [memory, 60, 0]);
  onTraffic("check_mtu", [1, memory, 0, 0], [9999, memory, 0, 0], [1, memory, 0, 8]);

  const onXdp = (
    helper: HelperName,
    ...lists: readonly (readonly (number | typeof memory)[])[]
  ) => {
    void it(`leave the same in front of the stack: ${helper}`, () => {
      for (const args of lists) check("xdp", calling(helper, args));
    });
  };

  onXdp("xdp_adjust_head", ...[4, -4, 66, 67, -256, -300].map((by) => [by]));
  onXdp("xdp_adjust_tail", ...[4, -4, -66, -67, 500, 4000].map((by) => [by]));
  onXdp("xdp_adjust_meta", ...[-4, -32, -3, 4, -256].map((by) => [by]));
  onXdp("xdp_load_bytes", ...reads);
  onXdp("xdp_store_bytes", ...reads);
  onXdp("xdp_get_buff_len", []);

  it("leave the same where one follows the other", () => {
    const push = (number: number) => call("skb_vlan_push", r6, 0x0081, number);
    const afterPush = (offset: number) => [
      mov(r6, r1),
      push(42),
      ldx("u32", r0, r6, offset),
      exit(),
    ];
    for (const offset of [0, 16, 20, 24, 28]) check("sched_cls", afterPush(offset));
    check("sched_cls", [mov(r6, r1), push(42), push(43), exit()]);
    check("sched_cls", [mov(r6, r1), push(42), call("skb_vlan_pop", r6), exit()]);
    const hash = [mov(r6, r1), call("set_hash", r6, 77)];
    check("sched_cls", [...hash, call("get_hash_recalc", r6), exit()]);
    check("sched_cls", [...hash, ldx("u32", r0, r6, 68), exit()]);
    for (const flags of [0, 1, 8])
      for (const type of ["sched_cls", "xdp"] as const)
        check(type, [mov(r1, 1), mov(r2, flags), call("redirect"), exit()]);
    const meta = [mov(r6, r1), call("xdp_adjust_meta", r6, -8), call("xdp_adjust_head", r6, 4)];
    check("xdp", [...meta, exit()]);
    for (const [type, length] of [
      [2, 20],
      [2, 12],
      [5, 20],
    ] as const)
      check("lwt_xmit", calling("lwt_push_encap", [type, memory, length]));
  });
});
