/**
 * From the attributes of a map to its elements: which types there are. One that is not simulated says so.
 * @module
 */
import { NotSupportedError } from "../../kernel/errors.ts";
import type { MapType } from "../../spec/words.ts";
import { failed } from "../errno.ts";
import type { SimulatedObject } from "../object.ts";
import { ArenaStore } from "./arena-store.ts";
import { IndexedStore } from "./indexed-store.ts";
import { KeyedStore } from "./keyed-store.ts";
import { ObjectStore, type ObjectTraits } from "./object-store.ts";
import { PrefixStore } from "./prefix-store.ts";
import { BloomStore, QueueStore } from "./queue-store.ts";
import { RingStore } from "./ring-store.ts";
import { StackStore } from "./stack-store.ts";
import { StorageStore } from "./storage-store.ts";
import { StructOpsStore } from "./struct-ops-store.ts";
import type { MapStore, StoreSetup } from "./store.ts";
import { UserRingStore } from "./user-ring-store.ts";
import { WordStore, type WordTraits } from "./word-store.ts";

/** What a store beside its setup asks the kernel. */
export interface StoreHooks {
  /** Told when there is something to read. */
  readonly wake: () => void;
  /** Whether a map of objects takes an object: 0 or a negated errno. */
  readonly accepts: (object: SimulatedObject) => number;
  /** The same for the numbers of a value of interfaces or CPUs. */
  readonly acceptsWords: (words: readonly number[]) => number;
}

type Maker = (setup: StoreSetup, hooks: StoreHooks) => MapStore;

const unlimited = (setup: StoreSetup): StoreSetup => ({
  ...setup,
  attributes: { ...setup.attributes, maxEntries: 2 ** 31 },
});

const words =
  (kind: WordTraits["kind"]): Maker =>
  (setup, { acceptsWords: accepts }) =>
    new WordStore(setup, { kind, accepts });

const objects =
  (traits: Omit<ObjectTraits, "accepts">): Maker =>
  (setup, { accepts }) =>
    new ObjectStore(setup, { ...traits, accepts });

/** Sockets are told by a number of 8 bytes only. */
const sockets =
  (keys: "index" | "bytes", absent: number): Maker =>
  (setup, hooks) => {
    const readable = setup.attributes.valueSize === 8 ? 0 : failed.noSpace;
    return objects({ keys, readable, modes: "all", absent })(setup, hooks);
  };

const descriptors = (readable: number): Maker =>
  objects({ keys: "index", readable, modes: "any", absent: failed.noEntry });

const storage: Maker = (setup) => new StorageStore(setup);

const makers: { readonly [Type in MapType]?: Maker } = {
  arena: (setup) => new ArenaStore(setup),
  array: (setup) => new IndexedStore(setup, 1),
  percpu_array: (setup) => new IndexedStore(setup, setup.cpus),
  hash: (setup) => new KeyedStore(setup, {}),
  percpu_hash: (setup) => new KeyedStore(setup, { perCpu: true }),
  lru_hash: (setup) => new KeyedStore(setup, { evicts: true }),
  lru_percpu_hash: (setup) => new KeyedStore(setup, { evicts: true, perCpu: true }),
  lpm_trie: (setup) => new PrefixStore(setup),
  queue: (setup) => new QueueStore(setup, "oldest"),
  stack: (setup) => new QueueStore(setup, "newest"),
  bloom_filter: (setup) => new BloomStore(setup),
  ringbuf: (setup, { wake }) => new RingStore(setup, wake),
  user_ringbuf: (setup) => new UserRingStore(setup),
  stack_trace: (setup) => new StackStore(setup),
  sockmap: sockets("index", failed.invalid),
  reuseport_sockarray: sockets("index", failed.noEntry),
  sockhash: sockets("bytes", failed.noEntry),
  xskmap: objects({ keys: "index", readable: failed.notSupported, modes: "all", absent: 0 }),
  cgroup_array: descriptors(failed.notSupported),
  devmap: words("devmap"),
  devmap_hash: words("devmap_hash"),
  cpumap: words("cpumap"),
  struct_ops: (setup) => new StructOpsStore(setup, setup.structOps!),
  sk_storage: storage,
  task_storage: storage,
  inode_storage: storage,
  cgrp_storage: storage,
  cgroup_storage: (setup) => new KeyedStore(unlimited(setup), {}),
  percpu_cgroup_storage: (setup) => new KeyedStore(unlimited(setup), { perCpu: true }),
  prog_array: descriptors(0),
  perf_event_array: descriptors(failed.notSupported),
  array_of_maps: descriptors(0),
  hash_of_maps: objects({ keys: "bytes", readable: 0, modes: "all", absent: failed.noEntry }),
};

/**
 * The elements of a new map, none yet or all zero.
 * @throws {NotSupportedError} when maps of this type are not simulated.
 */
export function createStore(setup: StoreSetup, hooks: StoreHooks): MapStore {
  const { mapType } = setup.attributes;
  const maker = makers[mapType];
  if (maker !== undefined) return maker(setup, hooks);
  throw new NotSupportedError(`maps of type ${mapType}`, {
    hint: `the simulated kernel has maps of type ${Object.keys(makers).join(", ")}`,
  });
}
