/**
 * The kernel's own maps against the simulated ones: the same operations must give the same results.
 * @module
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { mov } from "../asm/alu.ts";
import { assemble, label } from "../asm/assemble.ts";
import { call, exit } from "../asm/call.ts";
import { jne } from "../asm/jump.ts";
import { ldx, stx } from "../asm/memory.ts";
import { at } from "../asm/place.ts";
import { loadCollection } from "../collection/load.ts";
import { r0, r1, r6, r7, r8, r10 } from "../isa/register.ts";
import { u32, u64 } from "../layout/integer.ts";
import type { KernelMapSpec, MapSpec } from "../spec/map-spec.ts";
import { arrayMap, perCpuArrayMap } from "../spec/array-map.ts";
import { hashMap, perCpuHashMap } from "../spec/hash-map.ts";
import { lpmTrie } from "../spec/lpm-trie.ts";
import { rawTracepoint } from "../spec/tracepoint.ts";
import { kernelUnderTest } from "../testing/kernel-under-test.ts";
import { needs } from "../testing/needs.ts";
import { bpf } from "../lang/builtins/bpf.ts";
import { simulate } from "./simulate.ts";

const kernel = kernelUnderTest();
const missing = -1;

/** Stores the key at r10 - 8 and the value at r10 - 16, and keeps the flags in r8. */
const operands = (map: MapSpec) => [
  ldx("u64", r6, r1, 0),
  ldx("u64", r7, r1, 8),
  ldx("u64", r8, r1, 16),
  stx(("key" in map ? map.key.size : 0) === 4 ? "u32" : "u64", r10, -8, r6),
  stx("u32", r10, -16, r7),
];

/** Programs that do one operation each with key, value and flags of their context. */
const programs = (map: MapSpec) => ({
  update: rawTracepoint(
    "sched_switch",
    assemble([operands(map), call("map_update_elem", map, at(r10, -8), at(r10, -16), r8), exit()]),
  ),
  delete: rawTracepoint(
    "sched_switch",
    assemble([operands(map), call("map_delete_elem", map, at(r10, -8)), exit()]),
  ),
  lookup: rawTracepoint(
    "sched_switch",
    assemble([
      operands(map),
      call("map_lookup_elem", map, at(r10, -8)),
      jne(r0, 0, "found"),
      mov(r0, missing),
      exit(),
      label("found"),
      ldx("u32", r0, r0, 0),
      exit(),
    ]),
  ),
});

interface Operation {
  readonly name: "update" | "delete" | "lookup";
  readonly key: bigint;
  readonly value: number;
  readonly flags: number;
}

function inKernel(map: MapSpec, operations: readonly Operation[]): number[] {
  using loaded = loadCollection(kernel, { map, ...programs(map) });
  return operations.map(({ name, key, value, flags }) => {
    const context = new Uint8Array(new BigUint64Array([key, BigInt(value), BigInt(flags)]).buffer);
    return loaded.programs.get(name)!.run({ context, cpu: 0 }).returnValue | 0;
  });
}

type KeyOf = (key: bigint) => unknown;

function inSimulation(map: MapSpec, keyOf: KeyOf, operations: readonly Operation[]): number[] {
  using world = simulate();
  assert.ok(world);
  return operations.map(({ name, key, value, flags }) => {
    if (name === "update") return bpf.mapUpdateElem(map, keyOf(key), value, flags);
    if (name === "delete") return bpf.mapDeleteElem(map, keyOf(key));
    const found = bpf.mapLookupElem<number>(map, keyOf(key));
    return found === undefined ? missing : found.value;
  });
}

const operations = (key: fc.Arbitrary<bigint>) =>
  fc.array(
    fc.record<Operation>({
      name: fc.constantFrom("update", "update", "delete", "lookup"),
      key,
      value: fc.nat(1000),
      flags: fc.nat(4),
    }),
    { minLength: 1, maxLength: 40 },
  );

type ComparedType = "hash" | "array" | "lpm_trie" | "percpu_hash" | "percpu_array";

describe("simulated maps", needs("root", "bpf"), () => {
  const check = (
    map: KernelMapSpec<ComparedType, never, number>,
    key: fc.Arbitrary<bigint>,
    keyOf: KeyOf,
  ): void => {
    it(`of type ${map.type} do what the kernel's do`, () => {
      const spec = map as unknown as MapSpec;
      const property = fc.property(operations(key), (given) =>
        assert.deepEqual(inSimulation(spec, keyOf, given), inKernel(spec, given)),
      );
      fc.assert(property, { numRuns: 40 });
    });
  };
  check(hashMap("hash", u32, u32, 4) as never, fc.bigInt(0n, 6n), Number);
  check(arrayMap("array", u32, 4) as never, fc.bigInt(0n, 6n), Number);
  check(perCpuHashMap("per_cpu_hash", u32, u32, 4) as never, fc.bigInt(0n, 6n), Number);
  check(perCpuArrayMap("per_cpu_array", u32, 4) as never, fc.bigInt(0n, 6n), Number);
  const prefix = fc
    .tuple(
      fc.constantFrom(0n, 1n, 2n, 7n, 8n, 9n, 31n, 32n, 33n),
      fc.constantFrom(0n, 0x80n, 0xc0n, 0x8000n),
    )
    .map(([length, data]) => length | (data << 32n));
  check(lpmTrie("trie", u64, u32, 4) as never, prefix, (key) => key);
});
