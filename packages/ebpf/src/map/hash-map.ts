/**
 * Live hash maps: elements that come and go.
 * @module
 */
import type { LookupMode } from "../kernel/kernel.ts";
import type { KeyedMapSpec } from "../spec/map-spec.ts";
import type { BatchOptions } from "./batch-reader.ts";
import { deleteMany } from "./batch-writer.ts";
import type { MapHold } from "./bpf-map.ts";
import type { ElementBatch } from "./element-batch.ts";
import { ElementMap } from "./element-map.ts";
import { perCpuLayout } from "./per-cpu.ts";

/** Kinds of hash maps. */
export type HashType = "hash" | "lru_hash" | "lpm_trie" | "percpu_hash" | "lru_percpu_hash";

/** What all hash maps can do, beside what all maps of elements can. */
abstract class RemovableElements<Type extends HashType, Key, Value, Slot> extends ElementMap<
  Type,
  Key,
  Value,
  Slot
> {
  /** Removes the element at `key`; false when there was none. */
  delete(key: Key): boolean {
    this.writeKey(key);
    return this.access.delete();
  }

  /** Removes many elements, in batches where the kernel has them (minimum 5.6); returns how many were there. */
  deleteMany(keys: Iterable<Key>): number {
    const { deleted, support } = deleteMany(this.batchTarget(), keys);
    this.noteBatch(support);
    return deleted;
  }

  /**
   * Reads and removes the element at `key` in one step, so that no update is lost between. Minimum kernel 5.14.
   * @throws {NotSupportedError} on older kernels.
   */
  lookupAndDelete(
    key: Key,
    { lock = "plain" }: { readonly lock?: LookupMode } = {},
  ): Value | undefined {
    this.writeKey(key);
    return this.access.lookupAndDelete(lock) ? this.readValue() : undefined;
  }

  /** Takes all elements out of the map, in batches (minimum kernel 5.6; one by one before). */
  *takeBatches(options: BatchOptions = {}): Generator<ElementBatch<Key, Value>, void> {
    yield* this.readBatches("mapLookupAndDeleteBatch", options);
  }

  /** Takes all elements out of the map. */
  *take(): Generator<[Key, Value], void> {
    for (const batch of this.takeBatches()) yield* batch;
  }

  /** Removes all elements; returns how many there were. */
  clear(): number {
    let removed = 0;
    for (const batch of this.takeBatches()) removed += batch.length;
    return removed;
  }
}

type SharedHashType = "hash" | "lru_hash" | "lpm_trie";

/**
 * A live hash map, or a trie: there `get` finds the longest prefix that matches. Types `hash`, `lru_hash`, `lpm_trie`.
 */
export class HashMap<Key, Value> extends RemovableElements<SharedHashType, Key, Value, Value> {
  constructor(hold: MapHold<KeyedMapSpec<SharedHashType, Key, Value>>) {
    super(hold, hold.spec.value);
  }
}

type PerCpuHashType = "percpu_hash" | "lru_percpu_hash";

/** A live hash map with a value per CPU: `get` returns one for each possible CPU. */
export class PerCpuHashMap<Key, Value> extends RemovableElements<
  PerCpuHashType,
  Key,
  readonly Value[],
  Value
> {
  readonly #slots: number;

  constructor(hold: MapHold<KeyedMapSpec<PerCpuHashType, Key, Value>>) {
    const slots = hold.kernel.cpus.possible.length;
    super(hold, perCpuLayout(hold.spec.value, slots));
    this.#slots = slots;
  }

  /** Numbers of the CPUs that the values of `get` belong to, in the same order. */
  get cpus(): readonly number[] {
    return this.kernel.cpus.possible;
  }

  /** Stores one value for all CPUs. */
  setAll(key: Key, value: Value): void {
    this.set(
      key,
      Array.from({ length: this.#slots }, () => value),
    );
  }
}
