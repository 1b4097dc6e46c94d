import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InvalidArgumentError } from "../base/errors.ts";
import { u32, u64 } from "../layout/integer.ts";
import { arena } from "./arena.ts";
import { attachedStorage, perCpuAttachedStorage } from "./attached-storage.ts";
import { lruHashMap, resizableHashMap } from "./hash-map.ts";
import { insnArray } from "./insn-array.ts";
import { lpmTrie } from "./lpm-trie.ts";
import type { MapSpec } from "./map-spec.ts";
import { perfEventArray } from "./perf-event-array.ts";
import { ringbuf } from "./ringbuf.ts";
import { reuseportSockarray } from "./sockmap.ts";
import { buildIdStackMap } from "./stack-trace-map.ts";

describe("specs of maps", () => {
  const check = (spec: MapSpec, expected: Partial<MapSpec>): void => {
    const found = Object.fromEntries(
      Object.keys(expected).map((name) => [name, spec[name as keyof MapSpec]]),
    );
    assert.deepEqual(found, expected);
    assert.ok(Object.isFrozen(spec));
  };

  it("have the flags their kind wants", () => {
    check(resizableHashMap("m", u32, u64, 9), {
      type: "rhash",
      maxEntries: 9,
      flags: ["no_prealloc"],
    });
    const zeroed = { maxEntries: 9, flags: ["zero_seed"] } as const;
    check(resizableHashMap("m", u32, u64, zeroed), { flags: ["zero_seed", "no_prealloc"] });
    const twice = { maxEntries: 9, flags: ["no_prealloc"] } as const;
    check(lpmTrie("m", u64, u64, twice), { flags: ["no_prealloc"] });
    check(buildIdStackMap("m", 9), { type: "stack_trace", flags: ["stack_build_id"] });
    check(arena("m", 9), { type: "arena", flags: ["mmapable"] });
    const own = { maxEntries: 9, flags: ["no_common_lru"] } as const;
    check(lruHashMap("m", u32, u64, own), { flags: ["no_common_lru"] });
  });

  it("have the sizes the kernel has", () => {
    const sizes = (spec: MapSpec): readonly number[] =>
      "key" in spec ? [spec.key.size, spec.value.size] : [];
    assert.deepEqual(sizes(buildIdStackMap("m", { maxEntries: 9, depth: 3 })), [4, 96]);
    assert.deepEqual(sizes(insnArray("m", 9)), [4, 16]);
    assert.deepEqual(sizes(reuseportSockarray("m", 9)), [4, 8]);
    assert.deepEqual(sizes(attachedStorage("m", u32)), [8, 4]);
    assert.deepEqual(sizes(perCpuAttachedStorage("m", u32)), [8, 4]);
    assert.deepEqual(sizes(arena("m", 1)), [0, 0]);
  });

  it("refuse what cannot be meant", () => {
    const refuse = (make: () => unknown): void => assert.throws(make, InvalidArgumentError);
    for (const pages of [0, -1, 1.5, 2 ** 20 + 1]) refuse(() => arena("m", pages));
    for (const name of ["", "a\0b"]) {
      refuse(() => arena(name, 1));
      refuse(() => attachedStorage(name, u32));
      refuse(() => insnArray(name, 1));
    }
    for (const layout of [undefined, null, 5, {}] as never[]) {
      refuse(() => resizableHashMap("m", layout, u32, 1));
      refuse(() => resizableHashMap("m", u32, layout, 1));
    }
    const flags = ["no_prealoc"] as never[];
    refuse(() => lruHashMap("m", u32, u32, { maxEntries: 1, flags }));
    refuse(() => lruHashMap(5 as never, u32, u32, 1));
    refuse(() => lruHashMap("m", u32, u32, undefined as never));
    refuse(() => ringbuf("m", u32, { sizeBytes: 4096, minEventBytes: 5 }));
    refuse(() => ringbuf("m", u32, undefined as never));
    refuse(() => perfEventArray("m", u32, { mode: "keeep" as never }));
    refuse(() => resizableHashMap("m", u32, u32, 0));
    refuse(() => reuseportSockarray("m", 2 ** 32));
  });
});
