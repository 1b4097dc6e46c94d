/**
 * Helpers on SYN cookies in both kernels next to each other: the same sizes of segments, the same refusals.
 *
 * The cookies themselves differ, as the kernel makes them with a secret; each kernel checks its own.
 * @module
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { add, be32, mov, rsh } from "../../asm/alu.ts";
import { assemble, type Item } from "../../asm/assemble.ts";
import { call, exit } from "../../asm/call.ts";
import { st, stx } from "../../asm/memory.ts";
import { at } from "../../asm/place.ts";
import { r0, r7, r10 } from "../../isa/register.ts";
import { isAtLeast } from "../../kernel/feature.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import { loadProgram } from "../../program/load.ts";
import { program } from "../../spec/program.ts";
import { openNativeKernel } from "../../sys/native-kernel.ts";
import { needs } from "../../testing/needs.ts";
import { createSimulatedKernel } from "../simulated-kernel.ts";

const native = openNativeKernel();
const simulated = createSimulatedKernel({ version: native.version, checking: "off" });

/** Where a header of IPv6, which is longer than one of IPv4, and one of TCP with an option lie. */
const [ipAt, tcpAt] = [-72, -32];
const [ip, tcp] = [at(r10, ipAt), at(r10, tcpAt)];
const sequence = 1000;

/** Puts headers into memory: numbers of TCP are in network order. */
function headers(words: number, size: number | undefined): readonly Item[] {
  const addresses = Array.from({ length: 10 }, (_, index) =>
    st("u32", r10, ipAt + 4 * index, index),
  );
  const option = size === undefined ? 0x0101_0101 : swapped(0x0204_0000 + size);
  return [
    ...addresses,
    st("u32", r10, tcpAt, 0x5000_3930),
    st("u32", r10, tcpAt + 4, swapped(sequence)),
    st("u32", r10, tcpAt + 8, 0),
    st("u32", r10, tcpAt + 12, (words << 4) | 0x0200),
    st("u32", r10, tcpAt + 16, 0),
    st("u32", r10, tcpAt + 20, option),
  ];
}

function swapped(number: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, number);
  return view.getInt32(0, true);
}

/** Answers to the cookie in r0, off by so much. */
function answer(by: number): readonly Item[] {
  return [
    mov(r7, r0),
    add(r7, 1 + by),
    be32(r7),
    stx("u32", r10, tcpAt + 8, r7),
    st("u32", r10, tcpAt + 4, swapped(sequence + 1)),
  ];
}

function outcomeOf(kernel: Kernel, code: readonly Item[]): number {
  using loaded = loadProgram(kernel, program("xdp", assemble(code)));
  return loaded.run({ data: new Uint8Array(64) }).returnValue | 0;
}

function check(code: readonly Item[]): number {
  const expected = outcomeOf(native, code);
  assert.equal(outcomeOf(simulated, code), expected);
  return expected;
}

const options = isAtLeast(native.version, [6, 0])
  ? needs("root", "bpf")
  : { skip: "helpers of Linux 6.0" };

describe("SYN cookies of both kernels", options, () => {
  for (const version of ["ipv4", "ipv6"] as const) {
    const make = (words: number, size?: number, length = 4 * words): readonly Item[] =>
      [headers(words, size), call(`tcp_raw_gen_syncookie_${version}`, ip, tcp, length)].flat();
    const known = call(`tcp_raw_check_syncookie_${version}`, ip, tcp);

    it(`of ${version} stand for the same sizes of segments`, () => {
      for (const size of [
        1, 535, 536, 1219, 1220, 1300, 1439, 1440, 1459, 1460, 1461, 9000, 0xffff,
      ])
        check([...make(6, size), rsh(r0, 32), exit()]);
      check([...make(6), rsh(r0, 32), exit()]);
      check([...make(5), rsh(r0, 32), exit()]);
    });

    it(`of ${version} are refused where headers are too short`, () => {
      for (const length of [20, 16, 23]) check([...make(6, 1460, length), exit()]);
    });

    it(`of ${version} are known to the kernel that made them`, () => {
      for (const by of [0, 1000, -1000])
        assert.equal(check([...make(6, 1460), ...answer(by), known, exit()]), by === 0 ? 0 : -13);
      check([...make(6, 1460), known, exit()]);
    });
  }
});
