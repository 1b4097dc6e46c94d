/**
 * A map of a simulation: a store of the simulated kernel, of which values are seen as objects in memory.
 *
 * What the map does is the store's business; here bytes become what a function has that is called as JavaScript. The
 * values' memory stays where it is, so that an object goes on to be the element.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";
import type { MapCreate } from "../kernel/commands.ts";
import { errnoName } from "../kernel/errno.ts";
import type { HandleKind } from "../kernel/handle.ts";
import { isAnyLayout } from "../layout/layout.ts";
import { bytesOfValue, objectIn } from "../layout/memory-object.ts";
import type { KernelUpdateMode } from "../spec/kernel-side.ts";
import { sizesOf } from "../spec/map-sizes.ts";
import {
  type BloomFilterSpec,
  isGlobalSpec,
  type KeyedMapSpec,
  type KeyedMapType,
  type MapSpec,
} from "../spec/map-spec.ts";
import { checkMap } from "../sim/map/check-map.ts";
import { createStore } from "../sim/map/create-store.ts";
import { ObjectStore } from "../sim/map/object-store.ts";
import type { MapStore } from "../sim/map/store.ts";
import { type Words, WordStore } from "../sim/map/word-store.ts";
import { SimulatedObject } from "../sim/object.ts";
import type { Memory } from "../sim/vm/memory.ts";
import { NotSimulatedError } from "./not-simulated-error.ts";

/** A map of elements. */
export type ElementSpec = KeyedMapSpec<KeyedMapType, unknown, unknown>;

/** Where maps are. */
export interface MapPlace {
  readonly memory: Memory;
  readonly cpus: number;
}

const pageBytes = 4096;

/** Local storage tells the kernel its types, which nobody asks for here. */
const storages: ReadonlySet<string> = new Set([
  "sk_storage",
  "task_storage",
  "inode_storage",
  "cgrp_storage",
]);

/** A map. */
export class PlayedMap {
  readonly spec: ElementSpec;
  readonly store: MapStore;
  /** Whether there is a value for each CPU. */
  readonly perCpu: boolean;
  /** Whether values have a spin lock, which updates can take. */
  readonly hasLock: boolean;
  readonly #cpus: number;

  /** @throws {InvalidArgumentError} when the kernel would refuse to make it. */
  constructor(spec: MapSpec, place: MapPlace) {
    this.spec = elementSpec(spec);
    this.store = createPlayedStore(spec, place);
    this.perCpu = spec.type.includes("percpu");
    this.hasLock = hasSpinLock(this.spec);
    this.#cpus = place.cpus;
  }

  /** The bytes of a key as programs give it. */
  keyBytes(key: unknown): Uint8Array<ArrayBuffer> {
    return bytesOfValue(this.spec.key, key);
  }

  /** The value on a CPU of the element that a program finds; `undefined` when there is none. */
  lookup(key: Uint8Array, cpu: number): object | undefined {
    if (this.store.values === undefined || cpu >= this.#cpus) return undefined;
    const offset = this.store.find(key, "program");
    return offset < 0 ? undefined : this.valueAt(offset, cpu);
  }

  /** The value on a CPU of the element at an offset of the store's values, as an object in memory. */
  valueAt(offset: number, cpu: number): object {
    const { bytes, cpuStride } = this.store.values!;
    const place = offset + (this.perCpu ? cpu * cpuStride : 0);
    return objectIn(this.spec.value, new DataView(bytes.buffer, bytes.byteOffset), place);
  }

  /** Stores a copy of a value for one CPU, or for all of them: 0 or a negated errno. */
  update(
    key: Uint8Array,
    value: unknown,
    { mode, cpu }: { readonly mode: KernelUpdateMode; readonly cpu: number | "all" },
  ): number {
    const bytes = bytesOfValue(this.spec.value, value);
    return this.store.update(key, bytes, { mode, cpu: this.perCpu ? cpu : undefined });
  }

  /** The value of an element as user space reads it, for each CPU or for all; `undefined` when there is none. */
  read(key: Uint8Array): readonly DataView[] | undefined {
    const { size } = this.spec.value;
    const stride = this.store.values?.cpuStride ?? size;
    const count = this.perCpu ? this.#cpus : 1;
    const bytes = new Uint8Array(count === 1 ? size : count * stride);
    if (this.store.lookup(key, bytes) < 0) return undefined;
    return Array.from(
      { length: count },
      (_, cpu) => new DataView(bytes.buffer, cpu * stride, size),
    );
  }

  /** The keys of all elements. */
  keys(): Generator<Uint8Array<ArrayBuffer>, void> {
    return this.store.keys(this.spec.key.size);
  }

  /** What was put at a key of a map of objects: a program, a map, a socket. */
  object(key: Uint8Array): unknown {
    const { store } = this;
    if (!(store instanceof ObjectStore)) return undefined;
    const found = store.get(key);
    return found instanceof PlayedObject ? found.object : undefined;
  }

  /** Puts an object at a key: 0 or a negated errno. Maps of interfaces and of CPUs take numbers. */
  put(key: Uint8Array, object: unknown, mode: KernelUpdateMode): number {
    const { store, spec } = this;
    if (store instanceof ObjectStore) return store.put(key, new PlayedObject(object), mode);
    if (store instanceof WordStore) return store.put(key, wordsOf(object, spec), mode);
    throw new InvalidArgumentError(`map "${spec.name}" holds values and no objects`, {
      hint: "store values by map(spec).set(key, value) of the simulation",
    });
  }
}

/** Something a test put into a map: the kernel's objects are whatever the test has for them. */
class PlayedObject extends SimulatedObject {
  readonly kind: HandleKind = "file";
  readonly object: unknown;

  constructor(object: unknown) {
    super("an object of a test");
    this.object = object;
  }
}

/**
 * The store of a map.
 * @throws {InvalidArgumentError} when the kernel would refuse to make the map.
 */
export function createPlayedStore(spec: MapSpec, { memory, cpus }: MapPlace): MapStore {
  const attributes: MapCreate = {
    mapType: spec.type,
    ...sizesOf(spec),
    maxEntries: spec.maxEntries,
    mapFlags: spec.flags,
    ...(spec.type === "bloom_filter" ? { mapExtra: hashesOf(spec) } : {}),
  };
  const refusal = storages.has(spec.type) ? 0 : checkMap(attributes, pageBytes);
  if (refusal < 0) {
    throw new InvalidArgumentError(
      `the kernel would refuse to make map "${spec.name}": ${errnoName(-refusal)}`,
      { hint: `see sizes, flags and number of elements that maps of type ${spec.type} can have` },
    );
  }
  const setup = { attributes, label: `map "${spec.name}"`, memory, cpus, viewsLast: true };
  return createStore(setup, { wake: () => {}, accepts: () => 0, acceptsWords: () => 0 });
}

function hashesOf(spec: ElementSpec): bigint {
  return BigInt((spec as unknown as BloomFilterSpec<unknown>).hashes);
}

/** The number of an interface, or the length of a CPU's queue, without a program. */
function wordsOf(object: unknown, { name, type, value }: ElementSpec): Words {
  if (typeof object === "number") return value.size > 4 ? [object, 0] : [object];
  throw new InvalidArgumentError(`map "${name}" takes no such object`, {
    hint: type === "cpumap" ? "give the length of the queue" : "give the number of the interface",
  });
}

function hasSpinLock({ value }: ElementSpec): boolean {
  if (!isAnyLayout(value) || value.kind !== "struct") return false;
  return Object.values(value.fields).some(
    ({ layout }) =>
      isAnyLayout(layout) && layout.kind === "opaque" && layout.tag === "bpf_spin_lock",
  );
}

function elementSpec(map: MapSpec): ElementSpec {
  if (!isGlobalSpec(map) && "key" in map) return map;
  throw new NotSimulatedError(`this operation on map "${map.name}"`, {
    hint: "it is not for maps of this kind",
  });
}
