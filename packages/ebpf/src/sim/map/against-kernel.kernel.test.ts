/**
 * Maps of both kernels next to each other: the same commands, made at random, give the same answers, errno included.
 *
 * The order of keys is the kernel's own business, so that batches are compared sorted, and keys that follow each other are
 * not compared where maps are hashed. Which descriptors a process has open is not part of it either.
 * @module
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { hex } from "../../base/bytes.ts";
import type { Command, CommandAttributes, MapCreate } from "../../kernel/commands.ts";
import type { Handle } from "../../kernel/handle.ts";
import { isAtLeast } from "../../kernel/feature.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import type { MapFlag, MapType } from "../../spec/words.ts";
import { openNativeKernel } from "../../sys/native-kernel.ts";
import { needs } from "../../testing/needs.ts";
import { createSimulatedKernel } from "../simulated-kernel.ts";

const native = openNativeKernel();
const cpus = native.cpus.possible.length;
const simulated = createSimulatedKernel({ version: native.version, cpus });

/** Numbers that are the same in each run. */
class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  below(limit: number): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((this.#state / 2 ** 32) * limit);
  }

  of<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }

  bytes(length: number, limit: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.below(limit));
  }
}

/** What came of something: what it gave, or the error of the system call. */
function outcomeOf(run: () => string): string {
  try {
    return run();
  } catch (error) {
    return (error as { errnoName?: string }).errnoName ?? (error as Error).name;
  }
}

/** Older ones have fewer types of maps, and refuse some things with other numbers. */
const isRecent = isAtLeast(native.version, [6, 12]);

describe("maps of both kernels", isRecent ? needs("root", "bpf") : { skip: "since 6.12" }, () => {
  const types: readonly MapType[] = [
    ...(["hash", "percpu_hash", "lru_hash", "lru_percpu_hash", "lpm_trie", "array"] as const),
    ...(["percpu_array", "queue", "stack", "bloom_filter", "ringbuf", "user_ringbuf"] as const),
    ...(["stack_trace", "prog_array", "perf_event_array", "cgroup_array", "sockmap"] as const),
    ...(["sockhash", "reuseport_sockarray", "xskmap", "devmap", "devmap_hash"] as const),
    ...(["sk_storage", "inode_storage", "task_storage", "cgrp_storage", "arena"] as const),
  ];
  const flags: readonly MapFlag[] = [
    ...(["no_prealloc", "no_common_lru", "numa_node", "rdonly", "wronly", "zero_seed"] as const),
    ...(["rdonly_prog", "wronly_prog", "mmapable", "inner_map", "stack_build_id"] as const),
    ...(["clone", "preserve_elems", "segv_on_fault", "no_user_conv"] as const),
  ];

  it("are made of the same attributes", () => {
    const dice = new Dice(7);
    const differences = new Set<string>();
    for (let turn = 0; turn < 2_500; turn++) {
      const attributes = anyAttributes(dice);
      const [left, right] = [native, simulated].map((kernel) => create(kernel, attributes));
      if (left === right) continue;
      const { mapType, keySize, valueSize, maxEntries, mapFlags = [] } = attributes;
      const sizes = `${keySize} ${valueSize} ${maxEntries}`;
      differences.add(`${mapType} ${sizes} ${mapFlags.join()}: ${left}, here ${right}`);
    }
    assert.deepEqual([...differences], []);
  });

  function create(kernel: Kernel, attributes: MapCreate): string {
    return outcomeOf(() => {
      kernel.bpf("mapCreate", attributes).close();
      return "made";
    });
  }

  function anyAttributes(dice: Dice): MapCreate {
    const mapType = dice.of(types);
    const count = dice.of([0, 0, 1, 1, 2]);
    const wanted = new Set(Array.from({ length: count }, () => dice.of(flags)));
    if ((mapType === "lpm_trie" || mapType.endsWith("storage")) && dice.below(3) > 0)
      wanted.add("no_prealloc");
    if (mapType === "arena" && dice.below(3) > 0) return anyArena(dice, wanted);
    return {
      mapType,
      keySize: dice.of([0, 1, 4, 4, 4, 5, 8, 16, 260, 261, 512, 513]),
      valueSize: dice.of([0, 1, 4, 4, 8, 8, 12, 32, 1016, 1024, 32_768, 32_776]),
      maxEntries: dice.of([0, 1, 2, 7, 64, 4096]),
      mapFlags: [...wanted],
      ...(dice.below(8) === 0 ? { mapExtra: dice.of([0n, 1n, 15n, 16n]) } : {}),
    };
  }

  function anyArena(dice: Dice, wanted: Set<MapFlag>): MapCreate {
    return {
      mapType: "arena",
      keySize: 0,
      valueSize: dice.of([0, 0, 0, 8]),
      maxEntries: dice.of([0, 1, 100, 2 ** 20 + 1]),
      mapFlags: [...wanted.add("mmapable")],
      ...(dice.below(3) === 0 ? { mapExtra: dice.of([0n, 1n, 4096n, 2n ** 44n]) } : {}),
    };
  }

  const small = { keySize: 4, valueSize: 8, maxEntries: 6 };
  const noKey = { ...small, keySize: 0 };
  const objects = { ...small, valueSize: 4 };
  const kinds: readonly MapCreate[] = [
    { mapType: "hash", ...small },
    { mapType: "hash", ...small, valueSize: 6, mapFlags: ["no_prealloc"] },
    { mapType: "hash", ...small, mapFlags: ["rdonly"] },
    { mapType: "hash", ...small, mapFlags: ["wronly"] },
    { mapType: "percpu_hash", ...small, valueSize: 6 },
    { mapType: "lru_hash", ...small, maxEntries: 400 },
    { mapType: "lru_percpu_hash", ...small, maxEntries: 400 },
    { mapType: "array", ...small, valueSize: 6 },
    { mapType: "array", ...small, mapFlags: ["mmapable"] },
    { mapType: "array", ...small, mapFlags: ["wronly"] },
    { mapType: "percpu_array", ...small },
    { mapType: "lpm_trie", ...small, keySize: 8, mapFlags: ["no_prealloc"] },
    { mapType: "queue", ...noKey, maxEntries: 3 },
    { mapType: "queue", ...noKey, mapFlags: ["wronly"] },
    { mapType: "stack", ...noKey, maxEntries: 3 },
    { mapType: "bloom_filter", ...noKey, maxEntries: 300 },
    { mapType: "ringbuf", keySize: 0, valueSize: 0, maxEntries: 4096 },
    { mapType: "user_ringbuf", keySize: 0, valueSize: 0, maxEntries: 4096 },
    { mapType: "prog_array", ...objects },
    { mapType: "perf_event_array", ...objects },
    { mapType: "cgroup_array", ...objects },
    { mapType: "sockmap", ...small },
    { mapType: "sockmap", ...objects },
    { mapType: "sockhash", ...small },
    { mapType: "reuseport_sockarray", ...small },
    { mapType: "xskmap", ...objects },
    { mapType: "devmap", ...objects },
    { mapType: "devmap_hash", ...objects },
    { mapType: "arena", keySize: 0, valueSize: 0, maxEntries: 4, mapFlags: ["mmapable"] },
  ];
  for (const [index, kind] of kinds.entries()) {
    const flagsOf = kind.mapFlags === undefined ? "" : ` (${kind.mapFlags.join()})`;
    it(`answer alike: ${kind.mapType} of ${kind.valueSize} bytes${flagsOf}`, () => {
      for (let round = 0; round < 3; round++) compare(kind, new Dice(100 * index + round));
    });
  }
});

/** Commands on one map of each kernel, until the answers differ. */
function compare(kind: MapCreate, dice: Dice): void {
  using left = native.bpf("mapCreate", kind);
  using right = simulated.bpf("mapCreate", kind);
  const done: string[] = [];
  for (let turn = 0; turn < 100; turn++) {
    const step = anyStep(kind, dice);
    done.push(step.name);
    const expected = outcomeOf(() => step.run(native, left));
    const actual = outcomeOf(() => step.run(simulated, right));
    assert.equal(actual, expected, `after ${done.slice(-6).join("; ")}`);
  }
}

/** Something that is done with a map of either kernel; it gives what was found. */
interface Step {
  readonly name: string;
  readonly run: (kernel: Kernel, map: Handle) => string;
}

const modes = ["any", "any", "any", "noexist", "exist", "any-locked", "exist-locked"] as const;

const commands = [
  ...(["mapLookupElem", "mapLookupElem", "locked lookup", "mapDeleteElem"] as const),
  ...(["mapUpdateElem", "mapUpdateElem", "mapUpdateElem", "mapUpdateElem"] as const),
  ...(["mapLookupAndDeleteElem", "first", "mapGetNextKey", "mapFreeze"] as const),
  ...(["mapUpdateBatch", "mapDeleteBatch", "mapLookupBatch", "mapLookupAndDeleteBatch"] as const),
];

function anyStep({ mapType, keySize, valueSize }: MapCreate, dice: Dice): Step {
  const what = dice.of(commands);
  const perCpu = mapType.includes("percpu");
  const size = perCpu ? 8 * cpus : valueSize;
  const takesBytes = !/^(prog|perf|cgroup|sock|reuse|xsk|dev|cpu)/.test(mapType);
  const isHashed = mapType.includes("hash") || mapType === "lpm_trie";
  const keys = Array.from({ length: 3 }, () => anyKey(dice, keySize));
  const values = Array.from({ length: 3 }, () => anyValue(dice, size, perCpu ? valueSize : size));
  const [key, value, mode] = [keys[0]!, values[0]!, dice.of(modes)];
  // A frozen map has not much more to say.
  const isRare = dice.below(8) === 0;
  const batch = { keys: joined(keys), values: joined(values), count: 3 };
  const steps: { readonly [Name in (typeof commands)[number]]: Step["run"] } = {
    mapLookupElem: (kernel, map) => found(size, (out) => ({ map, key, value: out }), kernel),
    "locked lookup": (kernel, map) =>
      found(size, (out) => ({ map, key, value: out, flags: "locked" }), kernel),
    mapUpdateElem: (kernel, map) =>
      // Which descriptor a number is depends on the process: a map that takes them is asked with a number that is none.
      run(kernel, "mapUpdateElem", {
        map,
        key,
        value: takesBytes ? value : numbered(valueSize),
        flags: mode,
      }),
    mapDeleteElem: (kernel, map) => run(kernel, "mapDeleteElem", { map, key }),
    mapLookupAndDeleteElem: (kernel, map) => {
      const out = new Uint8Array(size);
      kernel.bpf("mapLookupAndDeleteElem", { map, key, value: out });
      return hex(out);
    },
    first: (kernel, map) => {
      const nextKey = new Uint8Array(keySize);
      kernel.bpf("mapGetNextKey", { map, nextKey });
      return isHashed ? "one" : hex(nextKey);
    },
    mapGetNextKey: (kernel, map) => {
      if (isHashed) return "any";
      const nextKey = new Uint8Array(keySize);
      kernel.bpf("mapGetNextKey", { map, key, nextKey });
      return hex(nextKey);
    },
    mapFreeze: (kernel, map) => (isRare ? run(kernel, "mapFreeze", { map }) : "not now"),
    mapUpdateBatch: (kernel, map) =>
      takesBytes ? batched(kernel.bpf("mapUpdateBatch", { map, ...batch, elemFlags: mode })) : "",
    mapDeleteBatch: (kernel, map) => batched(kernel.bpf("mapDeleteBatch", { map, ...batch })),
    mapLookupBatch: (kernel, map) => all(kernel, "mapLookupBatch", { map, keySize, size }),
    mapLookupAndDeleteBatch: (kernel, map) =>
      all(kernel, "mapLookupAndDeleteBatch", { map, keySize, size }),
  };
  return { name: `${what} ${hex(key)} ${mode}`, run: steps[what] };
}

/** A prefix of a few bits, or a small number. */
function anyKey(dice: Dice, size: number): Uint8Array {
  const key = new Uint8Array(size);
  if (size === 8) {
    key[0] = dice.of([0, 1, 7, 8, 9, 16, 24, 31, 32, 33]);
    key.set([dice.of([10, 10, 11, 128]), dice.of([0, 1, 255])], 4);
  } else if (size > 0) key[0] = dice.below(8);
  return key;
}

/** Zero where values of CPUs are longer than they say. */
function anyValue(dice: Dice, size: number, used: number): Uint8Array {
  const value = dice.bytes(size, 3);
  return size === used ? value : value.map((byte, index) => (index % 8 < used ? byte : 0));
}

/** A number that is no descriptor and no interface. */
function numbered(size: number): Uint8Array {
  const value = new Uint8Array(size);
  value.set([0xf0, 0xff, 0xff, 0x07].slice(0, size));
  return value;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

function run<C extends "mapUpdateElem" | "mapDeleteElem" | "mapFreeze">(
  kernel: Kernel,
  command: C,
  attributes: CommandAttributes<C & Command>,
): string {
  kernel.bpf(command, attributes);
  return "done";
}

function found(
  size: number,
  attributes: (out: Uint8Array) => CommandAttributes<"mapLookupElem">,
  kernel: Kernel,
): string {
  const out = new Uint8Array(size);
  kernel.bpf("mapLookupElem", attributes(out));
  return hex(out);
}

function batched(result: {
  readonly count: number;
  readonly done: boolean;
  readonly error?: Error;
}): string {
  const { count, done, error } = result;
  const failure = error as { errnoName?: string } | undefined;
  return `${count} ${done} ${failure?.errnoName ?? ""}`;
}

function all(
  kernel: Kernel,
  command: "mapLookupBatch" | "mapLookupAndDeleteBatch",
  { map, keySize, size }: { readonly map: Handle; readonly keySize: number; readonly size: number },
): string {
  const count = 512;
  const keys = new Uint8Array(count * keySize);
  const values = new Uint8Array(count * size);
  const outBatch = new Uint8Array(Math.max(keySize, 4));
  const result = kernel.bpf(command, { map, outBatch, keys, values, count });
  const elements = Array.from({ length: result.count }, (_, index) => {
    const key = hex(keys.subarray(index * keySize, (index + 1) * keySize));
    return `${key}=${hex(values.subarray(index * size, (index + 1) * size))}`;
  });
  return `${batched(result)} ${elements.toSorted().join()}`;
}
