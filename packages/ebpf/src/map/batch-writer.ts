/**
 * Writing and deleting many elements in batches.
 *
 * Elements are collected until a batch is full, then stored with one call. Kernels without batches get one call per
 * element, visibly; so does an update that must find or must not find the element, which no kernel does in batches
 * (generic_map_update_batch takes no flag but the lock's).
 * @module
 */
import { isNotFound, NotSupportedError } from "../kernel/errors.ts";
import type { UpdateMode } from "../kernel/kernel.ts";
import { type BatchSupport, type BatchTarget, usualBatchSize } from "./batch-target.ts";
import { ElementBatch } from "./element-batch.ts";

/** Collects elements and stores them. Call `flush` at the end. */
export class BatchWriter<Key, Value> {
  readonly #target: BatchTarget<Key, Value>;
  readonly #mode: UpdateMode;
  readonly #batch: ElementBatch<Key, Value>;
  #support: BatchSupport = "untried";

  constructor(target: BatchTarget<Key, Value>, mode: UpdateMode) {
    this.#target = target;
    this.#mode = mode;
    this.#batch = new ElementBatch(target.key, target.value, usualBatchSize(target));
    if (!mode.startsWith("any")) this.#support = "single";
  }

  get support(): BatchSupport {
    return this.#support;
  }

  add(key: Key, value: Value): void {
    this.#batch.add(key, value);
    if (this.#batch.length === this.#batch.capacity) this.flush();
  }

  /** Stores what has been collected. After a failure the elements before the refused one are stored. */
  flush(): void {
    const { keys, values, length: count } = this.#batch;
    this.#batch.fill(0);
    if (count === 0) return;
    if (this.#support !== "single" && this.#storeBatch({ keys, values, count })) return;
    for (let index = 0; index < count; index++) this.#storeOne(index);
  }

  #storeBatch(elements: Elements): boolean {
    const { kernel, handle: map } = this.#target;
    try {
      const attributes = { map, ...elements, elemFlags: this.#mode };
      const { error } = kernel.bpf("mapUpdateBatch", attributes);
      this.#support = "batch";
      if (error !== undefined) throw error;
      return true;
    } catch (error) {
      if (!(error instanceof NotSupportedError) || this.#support === "batch") throw error;
      this.#support = "single";
      return false;
    }
  }

  #storeOne(index: number): void {
    const { access, key, value } = this.#target;
    access.key.set(this.#batch.keys.subarray(index * key.size, (index + 1) * key.size));
    access.value.set(this.#batch.values.subarray(index * value.size, (index + 1) * value.size));
    access.update(this.#mode);
  }
}

interface Elements {
  readonly keys: Uint8Array;
  readonly values: Uint8Array;
  readonly count: number;
}

/** Deletes elements by key, in batches where the kernel has them. Returns how many were there, and how it was done. */
export function deleteMany<Key, Value>(
  target: BatchTarget<Key, Value>,
  keys: Iterable<Key>,
): { readonly deleted: number; readonly support: BatchSupport } {
  const batch = new ElementBatch(target.key, target.value, usualBatchSize(target));
  const deleter = new BatchDeleter(target, batch);
  for (const key of keys) {
    batch.addKey(key);
    if (batch.length === batch.capacity) deleter.flush();
  }
  deleter.flush();
  return { deleted: deleter.deleted, support: deleter.support };
}

class BatchDeleter<Key, Value> {
  readonly #target: BatchTarget<Key, Value>;
  readonly #batch: ElementBatch<Key, Value>;
  deleted = 0;
  support: BatchSupport = "untried";

  constructor(target: BatchTarget<Key, Value>, batch: ElementBatch<Key, Value>) {
    this.#target = target;
    this.#batch = batch;
  }

  flush(): void {
    const total = this.#batch.length;
    this.#batch.fill(0);
    let position = 0;
    while (position < total) position += this.#deleteFrom(position, total);
  }

  /** Deletes from `position` on; returns by how many keys to go on, an absent one that stopped the batch included. */
  #deleteFrom(position: number, total: number): number {
    const { access, key } = this.#target;
    const rest = this.#batch.keys.subarray(position * key.size, total * key.size);
    if (this.support !== "single") {
      const count = this.#deleteBatch(rest, total - position);
      if (count !== undefined) return count;
    }
    access.key.set(rest.subarray(0, key.size));
    if (access.delete()) this.deleted += 1;
    return 1;
  }

  #deleteBatch(keys: Uint8Array, count: number): number | undefined {
    const { kernel, handle: map } = this.#target;
    try {
      const result = kernel.bpf("mapDeleteBatch", { map, keys, count });
      this.support = "batch";
      this.deleted += result.count;
      if (result.error === undefined) return result.count;
      if (isNotFound(result.error)) return result.count + 1;
      throw result.error;
    } catch (error) {
      if (!(error instanceof NotSupportedError) || this.support === "batch") throw error;
      this.support = "single";
      return undefined;
    }
  }
}
