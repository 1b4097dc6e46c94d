/**
 * Map specifications: what a map shall be, as frozen plain data.
 *
 * A spec is the same on every machine; a map made from it is a resource of one kernel. The layouts of keys and values
 * travel with the spec as values, so that TypeScript infers what `get` returns. Nothing here asks a kernel.
 * @module
 */
import { assertWhole } from "../base/arguments.ts";
import {
  assertOptions,
  type Check,
  type Checks,
  isAnything,
  isListOf,
  isWord,
} from "../base/checks.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import { kindOf } from "../base/given.ts";
import { assertLayout } from "../layout/assert-layout.ts";
import type { Layout } from "../layout/layout.ts";
import { withKernelMethods } from "./kernel-methods.ts";
import type {
  BloomMethods,
  CgroupArrayMethods,
  ElementMethods,
  IndexedMethods,
  Mutable,
  PerCpuMethods,
  ProgArrayMethods,
  QueueMethods,
  RedirectMethods,
  SocketMethods,
  StackTraceMethods,
  StorageMethods,
} from "./kernel-side.ts";
import type { MapFileTypes } from "./file-types.ts";
import { type MapFlag, mapFlags, type MapType } from "./words.ts";

/** What every map specification says. */
export interface MapSpecBase<Type extends MapType> {
  readonly kind: "map";
  readonly type: Type;
  /** Name by which programs refer to it. The kernel keeps the first 15 characters. */
  readonly name: string;
  readonly maxEntries: number;
  readonly flags: readonly MapFlag[];
  /** `by_name`: found or put under its name in the bpf file system. */
  readonly pinning?: "by_name";
  /** Memory node it is allocated on; only with flag `numa_node`. */
  readonly numaNode?: number;
  /** Name of the network interface whose card it is on, instead of in the memory of the kernel. */
  readonly offloadTo?: string;
  /** What only its kind gives a meaning to: for arenas the address it starts at. */
  readonly extra?: bigint;
  /** What it is made of among the types of the object file it was read from. */
  readonly fileTypes?: MapFileTypes;
}

/** A map of elements: keys with values. */
export interface KeyedMapSpec<Type extends MapType, Key, Value> extends MapSpecBase<Type> {
  readonly key: Layout<Key>;
  readonly value: Layout<Value>;
}

/** What a map of events says of them. */
export interface EventSpec<Event> {
  readonly name: string;
  /** Layout of one event. */
  readonly value: Layout<Event>;
  /** Bytes an event has at least; what is missing at its end reads as zeros. */
  readonly minEventBytes: number;
}

/** A ring buffer of events, written by programs and read by user space. */
export interface RingbufSpec<Event> extends MapSpecBase<"ringbuf">, EventSpec<Event> {
  /** Where programs count the events for which there was no room, see `lossCounter`. */
  readonly lossCounter: LossCounterSpec | undefined;
}

/** Perf buffers: a ring of events for each CPU, written by programs there and read by user space. */
export interface PerfEventArraySpec<Event>
  extends MapSpecBase<"perf_event_array">, EventSpec<Event> {
  /** Pages of memory of each CPU's ring, a power of two. */
  readonly pagesPerCpu: number;
  readonly wakeup: PerfWakeup;
  readonly mode: PerfMode;
}

/** When readers are woken: once there are so many events on one CPU, or so many bytes. */
export type PerfWakeup = { readonly events: number } | { readonly bytes: number };

/**
 * What happens when a ring is full: with `keep` new events are lost and counted, with `overwrite` the oldest ones make
 * room, and `snapshot` shows what is there.
 */
export type PerfMode = "keep" | "overwrite";

/** A ring buffer that user space writes and programs read. */
export interface UserRingbufSpec<Value> extends MapSpecBase<"user_ringbuf"> {
  /** Layout of one value. */
  readonly value: Layout<Value>;
}

/** A per-CPU counter of lost events: its first element is the count. */
export type LossCounterSpec = KeyedMapSpec<"percpu_array", number, bigint>;

/** A variable that programs and user space share: an array of one element, whose `value` is that element's. */
export interface GlobalSpec<Value> extends MapSpecBase<"array"> {
  /** Programs only read what is `config`, so that the verifier knows its value; `global` is open to both sides. */
  readonly variable: "config" | "global";
  readonly layout: Layout<Value>;
  /** The value it was declared with. */
  readonly initial: Value;
  /** Where it lies in its object file; variables of one section are one map. */
  readonly within?: SectionPlace;
  /** The setting of the kernel's build that it stands for: `CONFIG_HZ`. Loading gives it its value. */
  readonly setting?: KernelSetting;
  /**
   * In a program the variable itself. Elsewhere the value that the next load starts with: set what is `config` before
   * loading; the loaded variable has a `value` of its own.
   */
  get value(): Mutable<Value>;
  set value(value: Value);
}

/** A place in a section with variables of an object file. */
export interface SectionPlace {
  /** `.bss`, `.rodata.mine`. */
  readonly section: string;
  /** Bytes from the section's start. */
  readonly offset: number;
  /** Bytes of the whole section. */
  readonly size: number;
  /** Name of the section's map, of which the kernel keeps the first 15 characters: `tracer.bss`. */
  readonly map: string;
  /** What the section is among the types of its file, which has none where compilers leave types out. */
  readonly fileTypes?: MapFileTypes | undefined;
}

/** A setting of the kernel's build, or something else that is known of the kernel by name: `LINUX_KERNEL_VERSION`. */
export interface KernelSetting {
  readonly type: "bool" | "tristate" | "char" | "int" | "text";
  /** What is weak may be unknown: its value is zero then. */
  readonly weak: boolean;
}

/** A map of maps. Its values are maps of one kind, like `inner`. */
export interface OuterMapSpec<
  Type extends "array_of_maps" | "hash_of_maps",
  Key,
  Inner extends MapSpec,
> extends KeyedMapSpec<Type, Key, number> {
  /** What each map in it is like. Its name is only for messages. */
  readonly inner: Inner;
  /** The maps that are in it from the start, by their names. */
  readonly entries?: readonly { readonly index: number; readonly map: string }[];
}

/** A Bloom filter: remembers which values were pushed, and is sometimes wrong about others. */
export interface BloomFilterSpec<Value> extends KeyedMapSpec<"bloom_filter", undefined, Value> {
  /** Hash functions, 1 to 15. */
  readonly hashes: number;
}

/** Any map specification. */
export type MapSpec =
  | KeyedMapSpec<KeyedMapType, unknown, unknown>
  | RingbufSpec<unknown>
  | PerfEventArraySpec<unknown>
  | UserRingbufSpec<unknown>
  | GlobalSpec<unknown>;

/** Kinds of maps that hold elements, of those the library has. */
export type KeyedMapType = keyof MethodsByType<unknown, unknown> | WithoutMethods;

/** Kinds of maps that programs use by helpers, or not by themselves. */
type WithoutMethods =
  | "array_of_maps"
  | "hash_of_maps"
  | "reuseport_sockarray"
  | "cgroup_storage"
  | "percpu_cgroup_storage"
  | "arena"
  | "insn_array";

/** What programs do with each kind of map. */
export interface MethodsByType<Key, Value> {
  readonly hash: ElementMethods<Key, Value>;
  readonly rhash: ElementMethods<Key, Value>;
  readonly lru_hash: ElementMethods<Key, Value>;
  readonly percpu_hash: ElementMethods<Key, Value> & PerCpuMethods<Key, Value>;
  readonly lru_percpu_hash: ElementMethods<Key, Value> & PerCpuMethods<Key, Value>;
  readonly array: IndexedMethods<Value>;
  readonly percpu_array: IndexedMethods<Value> & PerCpuMethods<number, Value>;
  readonly lpm_trie: ElementMethods<Key, Value>;
  readonly queue: QueueMethods<Value>;
  readonly stack: QueueMethods<Value>;
  readonly bloom_filter: BloomMethods<Value>;
  readonly stack_trace: StackTraceMethods;
  readonly prog_array: ProgArrayMethods;
  readonly devmap: RedirectMethods;
  readonly devmap_hash: RedirectMethods;
  readonly cpumap: RedirectMethods;
  readonly xskmap: RedirectMethods;
  readonly sockmap: SocketMethods<Key>;
  readonly sockhash: SocketMethods<Key>;
  readonly cgroup_array: CgroupArrayMethods;
  readonly sk_storage: StorageMethods<Value>;
  readonly task_storage: StorageMethods<Value>;
  readonly inode_storage: StorageMethods<Value>;
  readonly cgrp_storage: StorageMethods<Value>;
}

/** A map of elements with what programs do with it. */
export type KernelMapSpec<
  Type extends keyof MethodsByType<unknown, unknown>,
  Key,
  Value,
> = KeyedMapSpec<Type, Key, Value> & MethodsByType<Key, Value>[Type];

/** Checks the specification of a map. */
export const isMapSpec: Check = (value, what) => {
  if (typeof value === "object" && value !== null && "kind" in value && value.kind === "map")
    return;
  throw new InvalidArgumentError(`${what} is ${kindOf(value)}, not the specification of a map`, {
    hint: "give what hashMap(…), sockmap(…) and the like return",
  });
};

/** Whether `spec` is of a variable, made by `config` or `global`. */
export function isGlobalSpec(spec: MapSpec): spec is GlobalSpec<unknown> {
  return "variable" in spec;
}

/** Number of elements, alone or with further options. */
export type MapSize = number | MapOptions;

/** Options of maps of elements. */
export interface MapOptions {
  readonly maxEntries: number;
  /**
   * For example `mmapable` (arrays: read and write without system calls) or `no_prealloc` (hashes: allocate when
   * used).
   */
  readonly flags?: readonly MapFlag[];
}

/** The size with a flag that this kind of map always has. */
export function withFlag(name: string, size: MapSize, flag: MapFlag): MapOptions {
  const { flags = [], ...options } = mapOptions(name, size);
  return { ...options, flags: [...new Set([...flags, flag])] };
}

/**
 * The options of map `name`, of which its size may be all there is. `own` checks what only its kind has.
 * @throws {InvalidArgumentError} when there are none, or one of them cannot be meant.
 */
export function mapOptions<Options extends MapOptions>(
  name: string,
  size: number | Options,
  ...[own]: OwnChecks<Options>
): Options | MapOptions {
  assertMapName(name);
  const what = `map "${name}"`;
  const options = isOptions(size) ? size : { maxEntries: size };
  assertOptions<object>(options, { ...mapChecks, ...own }, what);
  assertWhole(options.maxEntries, `maxEntries of ${what}`, { least: 1, most: 0xffff_ffff });
  return options;
}

/** Options of their own have checks of their own. */
type OwnChecks<Options> = keyof Options extends keyof MapOptions
  ? []
  : [own: Checks<Omit<Options, keyof MapOptions>>];

function isOptions<Options>(size: number | Options): size is Options {
  return typeof size === "object" && size !== null;
}

const mapChecks: Checks<MapOptions> = {
  maxEntries: isAnything,
  flags: isListOf(isWord(mapFlags)),
};

/**
 * A frozen specification of a map of elements, after checking its parts.
 * @throws {InvalidArgumentError} when the name or the number of elements cannot be meant.
 */
export function keyedMapSpec<Type extends keyof MethodsByType<unknown, unknown>, Key, Value>(
  type: Type,
  name: string,
  layouts: { readonly key: Layout<Key>; readonly value: Layout<Value> },
  size: MapSize,
): KernelMapSpec<Type, Key, Value> {
  const data = keyedMapData(type, name, layouts, size);
  return withKernelMethods(data) as KernelMapSpec<Type, Key, Value>;
}

/**
 * The data of such a specification, for kinds of maps that have more of it.
 * @throws {InvalidArgumentError} when the name, the number of elements or a flag cannot be meant.
 */
export function keyedMapData<Type extends KeyedMapType, Key, Value>(
  type: Type,
  name: string,
  layouts: { readonly key: Layout<Key>; readonly value: Layout<Value> },
  size: MapSize,
): KeyedMapSpec<Type, Key, Value> {
  const { maxEntries, flags = [] } = mapOptions(name, size);
  assertLayout(layouts.key, `the key of map "${name}"`);
  assertLayout(layouts.value, `the value of map "${name}"`);
  return { kind: "map", type, name, maxEntries, flags, ...layouts };
}

/** The layout of a key that is not there: of queues, stacks and Bloom filters. */
export const noKey: Layout<undefined> = Object.freeze({
  name: "no key",
  size: 0,
  alignment: 1,
  read: () => undefined,
  write: () => {},
});

/** @throws {InvalidArgumentError} when `name` is empty or holds a zero byte. */
export function assertMapName(name: string): void {
  if (typeof name === "string" && name !== "" && !name.includes("\0")) return;
  const given = typeof name === "string" ? JSON.stringify(name) : kindOf(name);
  throw new InvalidArgumentError(`${given} is not a name for a map`, {
    hint: "give a name of letters, digits and _",
  });
}

/** @throws {InvalidArgumentError} when `sizeBytes` cannot be the size of a ring buffer. */
export function assertRingSize(name: string, sizeBytes: number): void {
  const isWhole = typeof sizeBytes === "number" && Number.isInteger(Math.log2(sizeBytes));
  if (isWhole && sizeBytes >= 4096 && sizeBytes <= 2 ** 31) return;
  throw new InvalidArgumentError(`ring buffer "${name}": size is ${String(sizeBytes)} bytes`, {
    hint: "give a power of two from 4096 to 2^31, such as 1 << 18",
  });
}
