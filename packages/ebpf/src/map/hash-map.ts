/**
 * Live hash maps and tries: elements that come and go.
 * @module
 */
import { isNotSupported, NotSupportedError } from "../kernel/errors.ts";
import type { LookupMode } from "../kernel/kernel.ts";
import { assertLookupMode } from "../kernel/modes.ts";
import type { KeyedMapSpec } from "../spec/map-spec.ts";
import type { BatchOptions } from "./batch-reader.ts";
import { deleteMany } from "./batch-writer.ts";
import type { MapHold } from "./bpf-map.ts";
import { CpuValues } from "./cpu-values.ts";
import type { ElementBatch } from "./element-batch.ts";
import { ElementMap } from "./element-map.ts";
import { perCpuLayout } from "./per-cpu.ts";

/** Maps whose elements come and go. */
export type HashType = SharedHashType | PerCpuHashType | "lpm_trie";

type SharedHashType = "hash" | "rhash" | "lru_hash";
type PerCpuHashType = "percpu_hash" | "lru_percpu_hash";

/** What all these maps can do, beside what all maps of elements can. */
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
   * Takes all elements out of the map, in batches (minimum kernel 5.6; one by one before, and of tries).
   * @throws {InvalidArgumentError} for a size of batches that cannot be.
   */
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

/** What hash maps can do besides. */
abstract class HashElements<
  Type extends SharedHashType | PerCpuHashType,
  Key,
  Value,
  Slot,
> extends RemovableElements<Type, Key, Value, Slot> {
  /**
   * Reads and removes the element at `key` in one step, so that no update is lost between. Minimum kernel 5.14.
   * @throws {NotSupportedError} on older kernels.
   */
  lookupAndDelete(
    key: Key,
    { lock = "plain" }: { readonly lock?: LookupMode } = {},
  ): Value | undefined {
    if (lock !== "plain") assertLookupMode(lock);
    this.writeKey(key);
    try {
      return this.access.lookupAndDelete(lock) ? this.readValue() : undefined;
    } catch (error) {
      throw isNotSupported(error) ? cannotTake(this.type, error) : error;
    }
  }
}

function cannotTake(type: string, cause: NotSupportedError): NotSupportedError {
  return new NotSupportedError(`reading and removing in one step in maps of type ${type}`, {
    cause,
    since: [5, 14],
    hint: "use get and delete; an update between the two is lost",
  });
}

/** A live hash map. Types `hash`, `rhash`, `lru_hash`. */
export class HashMap<Key, Value> extends HashElements<SharedHashType, Key, Value, Value> {
  constructor(hold: MapHold<KeyedMapSpec<SharedHashType, Key, Value>>) {
    super(hold, hold.spec.value);
  }
}

/** A live trie: `get` and `has` find the longest prefix that matches. Type `lpm_trie`. */
export class LpmTrie<Key, Value> extends RemovableElements<"lpm_trie", Key, Value, Value> {
  constructor(hold: MapHold<KeyedMapSpec<"lpm_trie", Key, Value>>) {
    super(hold, hold.spec.value);
  }
}

/** A live hash map with a value per CPU: `get` returns one for each possible CPU. */
export class PerCpuHashMap<Key, Value> extends HashElements<
  PerCpuHashType,
  Key,
  readonly Value[],
  Value
> {
  readonly #cpuValues: CpuValues<Key, Value>;

  constructor(hold: MapHold<KeyedMapSpec<PerCpuHashType, Key, Value>>) {
    super(hold, perCpuLayout(hold.spec.value, hold.kernel.cpus.possible.length));
    this.#cpuValues = new CpuValues(hold);
  }

  /** Numbers of the CPUs that the values of `get` belong to, in the same order. */
  get cpus(): readonly number[] {
    return this.kernel.cpus.possible;
  }

  /** Stores one value for all CPUs. */
  setAll(key: Key, value: Value): void {
    this.set(
      key,
      this.cpus.map(() => value),
    );
  }

  /**
   * The value of CPU `cpu` at `key`; `undefined` when there is no element. Before kernel 7.0 all values are read for it.
   * @throws {InvalidArgumentError} when there is no such CPU.
   */
  getOn(key: Key, cpu: number): Value | undefined {
    return this.#cpuValues.get(this, key, cpu);
  }

  /**
   * Stores the value of CPU `cpu` at `key` and leaves those of the others alone; a new element has zeros there. Minimum
   * kernel 7.0.
   * @throws {InvalidArgumentError} when there is no such CPU.
   */
  setOn(key: Key, cpu: number, value: Value): void {
    this.#cpuValues.set(this, key, { cpu, value });
  }
}
