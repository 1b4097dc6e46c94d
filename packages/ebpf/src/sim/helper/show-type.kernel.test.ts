/**
 * Values shown by their types in both kernels next to each other: the same text.
 * @module
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { mov } from "../../asm/alu.ts";
import { assemble, type Item, label } from "../../asm/assemble.ts";
import { call, exit } from "../../asm/call.ts";
import { jne } from "../../asm/jump.ts";
import { ldx, st, stx } from "../../asm/memory.ts";
import { at } from "../../asm/place.ts";
import { type Btf, parseBtf } from "../../btf/btf.ts";
import { loadCollection } from "../../collection/load.ts";
import { type Register, r0, r1, r10, r6, r7, r8, r9 } from "../../isa/register.ts";
import { isAtLeast } from "../../kernel/feature.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import { bytes } from "../../layout/bytes.ts";
import { arrayMap } from "../../spec/array-map.ts";
import { rawTracepoint } from "../../spec/tracepoint.ts";
import { openNativeKernel } from "../../sys/native-kernel.ts";
import { needs } from "../../testing/needs.ts";
import { createSimulatedKernel } from "../simulated-kernel.ts";

const native = openNativeKernel();
const [valueBytes, textBytes] = [1024, 16_384];
const values = arrayMap("values", bytes(valueBytes), 1);
const texts = arrayMap("texts", bytes(textBytes), 1);

/** Puts the address of the only element of a map into a register. */
const element = (map: typeof values, register: Register): readonly Item[] => [
  st("u32", r10, -4, 0),
  call("map_lookup_elem", map, at(r10, -4)),
  jne(r0, 0, `has_${map.name}`),
  exit(),
  label(`has_${map.name}`),
  mov(register, r0),
];

const compact = 1;
const noName = 2;
const rawPointers = 4;
const zero = 8;

interface Case {
  readonly id: number;
  readonly value: Uint8Array;
  readonly flags: number;
}

/** Shows values of a map whose type and flags come as context, in so much room. */
function showing(kernel: Kernel, room: number): ((given: Case) => string) & Disposable {
  const code = assemble([
    ldx("u64", r8, r1, 0),
    ldx("u64", r9, r1, 8),
    element(texts, r6),
    element(values, r7),
    stx("u64", r10, -24, r7),
    stx("u32", r10, -16, r8),
    st("u32", r10, -12, 0),
    call("snprintf_btf", r6, room, at(r10, -24), 16, r9),
    exit(),
  ]);
  const show = rawTracepoint("sched_switch", code);
  const loaded = loadCollection(kernel, { values, texts, show });
  const run = ({ id, value, flags }: Case): string => {
    const whole = new Uint8Array(valueBytes);
    whole.set(value);
    loaded.values.set(0, whole);
    loaded.texts.set(0, new Uint8Array(textBytes));
    const context = new Uint8Array(BigUint64Array.of(BigInt(id), BigInt(flags)).buffer);
    const { returnValue } = loaded.show.run({ context });
    const text = loaded.texts.get(0)!;
    const shown = new TextDecoder("latin1").decode(text.subarray(0, text.indexOf(0)));
    return `${returnValue | 0} ${shown}`;
  };
  return Object.assign(run, { [Symbol.dispose]: () => loaded.close() });
}

const options = isAtLeast(native.version, [6, 1])
  ? needs("root", "bpf", "btf")
  : { skip: "as Linux 6.1 and newer do it" };

describe("values shown by both kernels", options, () => {
  const random = (seed: number, length: number): Uint8Array => {
    const bounds = { minLength: length, maxLength: length };
    const [value] = fc.sample(fc.uint8Array(bounds), { seed, numRuns: 1 });
    return Uint8Array.from(value!, (byte, index) => (index % 16 < 8 ? byte : 0));
  };

  /** Calls `each` with what compares the two kernels. */
  const compare = (
    room: number,
    each: (check: (given: Case) => void, types: Btf) => void,
  ): void => {
    const file = readFileSync("/sys/kernel/btf/vmlinux");
    const simulated = createSimulatedKernel({
      version: native.version,
      checking: "off",
      btf: file,
    });
    using expected = showing(native, room);
    using actual = showing(simulated, room);
    each((given) => assert.equal(actual(given), expected(given)), parseBtf(file));
  };

  it("are the same for structs, unions, arrays, bit-fields, enumerators, text", () => {
    const names = `
      list_head iphdr tcphdr in6_addr sockaddr_in6 timespec64 new_utsname bpf_insn
      bpf_prog_info file_operations ethtool_drvinfo bpf_map_type task_state pt_regs
      sched_param flowi4 bpf_attr xdp_md kuid_t pid_t u128 __int128 bool u8 s64 gfp_t
      qspinlock rb_node nf_conn
    `.match(/\w+/g)!;
    compare(textBytes, (check, types) => {
      const found = names.flatMap((name) => types.findAll(name).slice(0, 1));
      assert.ok(found.length > 20);
      for (const [index, { id }] of found.entries()) {
        for (const flags of [0, compact, noName, zero, compact | noName, compact | zero])
          check({ id, value: random(index, 512), flags: flags | rawPointers });
        check({ id, value: new Uint8Array(), flags: 0 });
        check({ id, value: new Uint8Array(), flags: zero });
      }
    });
  });

  it("are the same for any struct", () => {
    compare(textBytes, (check, types) => {
      const all = Array.from(types.types("struct")).filter(({ size }) => size > 0 && size <= 256);
      const step = Math.floor(all.length / 150);
      for (let index = 0; index < all.length; index += step)
        check({ id: all[index]!.id, value: random(index, 512), flags: rawPointers });
    });
  });

  it("are cut where there is no room, and refused as there", () => {
    const value = random(1, 64);
    for (const room of [1, 8, 100]) {
      compare(room, (check, types) => {
        const { id } = types.typeByName("iphdr", "struct");
        check({ id, value, flags: 0 });
        check({ id, value, flags: 16 });
        check({ id: 0, value, flags: 0 });
      });
    }
  });
});
