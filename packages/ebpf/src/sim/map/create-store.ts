/**
 * From the attributes of a map to its elements: which kinds there are, and what each accepts.
 *
 * The limits are those of `map_alloc_check` of each kind in kernel/bpf. A kind that is not simulated says so.
 * @module
 */
import { NotSupportedError } from "../../kernel/errors.ts";
import type { MapCreate } from "../../kernel/commands.ts";
import type { MapFlag, MapType } from "../../spec/words.ts";
import { failed } from "../errno.ts";
import type { SimulatedObject } from "../object.ts";
import { IndexedStore } from "./indexed-store.ts";
import { KeyedStore } from "./keyed-store.ts";
import { ObjectStore } from "./object-store.ts";
import { PrefixStore } from "./prefix-store.ts";
import { BloomStore, QueueStore } from "./queue-store.ts";
import { RingStore } from "./ring-store.ts";
import { StackStore } from "./stack-store.ts";
import { StorageStore } from "./storage-store.ts";
import type { MapStore, StoreSetup } from "./store.ts";
import { UserRingStore } from "./user-ring-store.ts";
import { WordStore } from "./word-store.ts";

/** What a store beside its setup asks the kernel. */
export interface StoreHooks {
  /** Told when there is something to read. */
  readonly wake: () => void;
  /** Whether a map of objects takes an object: 0 or a negated errno. */
  readonly accepts: (object: SimulatedObject) => number;
}

/** A kind of map. */
interface Kind {
  /** Whether sizes and flags are as the kernel wants them. */
  readonly fits: (attributes: MapCreate, pageBytes: number) => boolean;
  readonly create: (setup: StoreSetup, hooks: StoreHooks) => MapStore;
}

const common: readonly MapFlag[] = ["numa_node", "rdonly", "wronly", "rdonly_prog", "wronly_prog"];

/** Whether the map has no other flags than these and the common ones. */
function hasOnly({ mapFlags = [] }: MapCreate, ...flags: readonly MapFlag[]): boolean {
  return mapFlags.every((flag) => common.includes(flag) || flags.includes(flag));
}

const fitsIndex = (attributes: MapCreate, ...flags: readonly MapFlag[]): boolean =>
  attributes.keySize === 4 &&
  attributes.valueSize > 0 &&
  attributes.maxEntries > 0 &&
  hasOnly(attributes, ...flags);

const fitsKeys = (attributes: MapCreate, ...flags: readonly MapFlag[]): boolean =>
  attributes.keySize > 0 &&
  attributes.valueSize > 0 &&
  attributes.maxEntries > 0 &&
  hasOnly(attributes, "zero_seed", ...flags);

const fitsQueue = (attributes: MapCreate): boolean =>
  attributes.keySize === 0 &&
  attributes.valueSize > 0 &&
  attributes.maxEntries > 0 &&
  hasOnly(attributes);

const fitsRing = ({ keySize, valueSize, maxEntries }: MapCreate, pageBytes: number): boolean =>
  keySize === 0 &&
  valueSize === 0 &&
  maxEntries >= pageBytes &&
  (maxEntries & (maxEntries - 1)) === 0;

const fitsPrefix = (attributes: MapCreate): boolean =>
  attributes.keySize > 4 &&
  attributes.keySize <= 260 &&
  attributes.valueSize > 0 &&
  attributes.maxEntries > 0 &&
  attributes.mapFlags?.includes("no_prealloc") === true &&
  hasOnly(attributes, "no_prealloc");

const fitsObjects = (attributes: MapCreate): boolean =>
  fitsIndex(attributes) && attributes.valueSize === 4;

const fitsSockets = ({ valueSize, maxEntries }: MapCreate): boolean =>
  maxEntries > 0 && (valueSize === 4 || valueSize === 8);

const fitsStacks = ({ keySize, valueSize, maxEntries }: MapCreate): boolean =>
  keySize === 4 && valueSize >= 8 && valueSize % 8 === 0 && valueSize <= 8 * 127 && maxEntries > 0;

const fitsWords = ({ keySize, valueSize, maxEntries }: MapCreate): boolean =>
  keySize === 4 && maxEntries > 0 && (valueSize === 4 || valueSize === 8);

const fitsStorage = ({ keySize, valueSize, maxEntries, mapFlags = [] }: MapCreate): boolean =>
  keySize === 4 && valueSize > 0 && maxEntries === 0 && mapFlags.includes("no_prealloc");

const fitsAttached = ({ keySize, valueSize, maxEntries }: MapCreate): boolean =>
  (keySize === 8 || keySize === 16) && valueSize > 0 && maxEntries === 0;

const unlimited = (setup: StoreSetup): StoreSetup => ({
  ...setup,
  attributes: { ...setup.attributes, maxEntries: 2 ** 31 },
});

const storage: Kind["create"] = (setup) => new StorageStore(setup);

const words =
  (keys: "index" | "bytes"): Kind["create"] =>
  (setup) =>
    new WordStore(setup, keys);

const ofMaps = (attributes: MapCreate): boolean =>
  attributes.innerMap !== undefined && attributes.valueSize === 4 && attributes.maxEntries > 0;

const objects =
  (keys: "index" | "bytes", readable: boolean): Kind["create"] =>
  (setup, { accepts }) =>
    new ObjectStore(setup, { keys, readable, accepts });

const kinds: { readonly [Type in MapType]?: Kind } = {
  array: {
    fits: (it) => fitsIndex(it, "mmapable", "inner_map"),
    create: (setup) => new IndexedStore(setup, 1),
  },
  percpu_array: {
    fits: (it) => fitsIndex(it),
    create: (setup) => new IndexedStore(setup, setup.cpus),
  },
  hash: {
    fits: (it) => fitsKeys(it, "no_prealloc"),
    create: (setup) => new KeyedStore(setup, {}),
  },
  percpu_hash: {
    fits: (it) => fitsKeys(it, "no_prealloc"),
    create: (setup) => new KeyedStore(setup, { perCpu: true }),
  },
  lru_hash: {
    fits: (it) => fitsKeys(it, "no_common_lru"),
    create: (setup) => new KeyedStore(setup, { evicts: true }),
  },
  lru_percpu_hash: {
    fits: (it) => fitsKeys(it, "no_common_lru"),
    create: (setup) => new KeyedStore(setup, { evicts: true, perCpu: true }),
  },
  lpm_trie: { fits: fitsPrefix, create: (setup) => new PrefixStore(setup) },
  queue: { fits: fitsQueue, create: (setup) => new QueueStore(setup, "oldest") },
  stack: { fits: fitsQueue, create: (setup) => new QueueStore(setup, "newest") },
  bloom_filter: {
    fits: ({ keySize, valueSize, maxEntries, mapExtra = 0n }) =>
      keySize === 0 && valueSize > 0 && maxEntries > 0 && (mapExtra & ~15n) === 0n,
    create: (setup) => new BloomStore(setup),
  },
  ringbuf: { fits: fitsRing, create: (setup, { wake }) => new RingStore(setup, wake) },
  user_ringbuf: { fits: fitsRing, create: (setup) => new UserRingStore(setup) },
  stack_trace: { fits: fitsStacks, create: (setup) => new StackStore(setup) },
  sockmap: { fits: (it) => fitsSockets(it) && it.keySize === 4, create: objects("index", true) },
  reuseport_sockarray: {
    fits: (it) => fitsSockets(it) && it.keySize === 4,
    create: objects("index", true),
  },
  sockhash: { fits: (it) => fitsSockets(it) && it.keySize > 0, create: objects("bytes", true) },
  xskmap: { fits: fitsObjects, create: objects("index", false) },
  cgroup_array: { fits: fitsObjects, create: objects("index", false) },
  devmap: { fits: fitsWords, create: words("index") },
  devmap_hash: { fits: fitsWords, create: words("bytes") },
  cpumap: { fits: fitsWords, create: words("index") },
  sk_storage: { fits: fitsStorage, create: storage },
  task_storage: { fits: fitsStorage, create: storage },
  inode_storage: { fits: fitsStorage, create: storage },
  cgrp_storage: { fits: fitsStorage, create: storage },
  cgroup_storage: { fits: fitsAttached, create: (setup) => new KeyedStore(unlimited(setup), {}) },
  percpu_cgroup_storage: {
    fits: fitsAttached,
    create: (setup) => new KeyedStore(unlimited(setup), { perCpu: true }),
  },
  prog_array: { fits: fitsObjects, create: objects("index", true) },
  perf_event_array: { fits: fitsObjects, create: objects("index", false) },
  array_of_maps: {
    fits: (it) => ofMaps(it) && it.keySize === 4,
    create: objects("index", true),
  },
  hash_of_maps: {
    fits: (it) => ofMaps(it) && it.keySize > 0,
    create: objects("bytes", true),
  },
};

/** Largest key of a map with keys: what a program's stack holds. */
const longestKey = 512;

/** Why the kernel would refuse such a map: 0 or a negated errno. @throws {NotSupportedError} when the kind is not simulated. */
export function checkMap(attributes: MapCreate, pageBytes: number): number {
  const kind = kindOf(attributes.mapType);
  if (!kind.fits(attributes, pageBytes)) return failed.invalid;
  return attributes.keySize > longestKey ? failed.tooBig : 0;
}

/** The elements of a new map, none yet or all zero. */
export function createStore(setup: StoreSetup, hooks: StoreHooks): MapStore {
  return kindOf(setup.attributes.mapType).create(setup, hooks);
}

function kindOf(type: MapType): Kind {
  const kind = kinds[type];
  if (kind !== undefined) return kind;
  throw new NotSupportedError(`maps of type ${type}`, {
    hint: `the simulated kernel has maps of type ${Object.keys(kinds).join(", ")}`,
  });
}
