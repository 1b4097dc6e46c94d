/**
 * Reading a map in batches, with or without taking the elements out of it.
 *
 * The kernel fills a buffer per call and returns a cursor. A hash map hands out whole buckets, so a batch that is too
 * small for one is made larger and tried again. Kernels without batches are read one element at a time, visibly.
 * @module
 */
import { NoSpaceError, NotSupportedError } from "../kernel/errors.ts";
import type { BatchResult } from "../kernel/commands.ts";
import type { BatchSupport, BatchTarget } from "./batch-target.ts";
import { ElementBatch } from "./element-batch.ts";

/** Options of reading in batches. */
export interface BatchOptions {
  /** Elements in one batch at most; 4096, or as many as the map can hold, when left out. */
  readonly batchSize?: number;
}

/** The commands that read batches. */
export type ReadCommand = "mapLookupBatch" | "mapLookupAndDeleteBatch";

/** One pass over a map. */
export class BatchReader<Key, Value> {
  readonly #target: BatchTarget<Key, Value>;
  readonly #command: ReadCommand;
  #batch: ElementBatch<Key, Value>;
  #support: BatchSupport = "untried";

  constructor(target: BatchTarget<Key, Value>, command: ReadCommand, options: BatchOptions) {
    this.#target = target;
    this.#command = command;
    this.#batch = this.#newBatch(options.batchSize ?? Math.min(4096, target.maxEntries));
  }

  /** How the batches are made, known from the first one on. */
  get support(): BatchSupport {
    return this.#support;
  }

  /** The batches; none is empty. */
  *read(): Generator<ElementBatch<Key, Value>, void> {
    let cursor: Uint8Array | undefined;
    for (;;) {
      const outBatch = new Uint8Array(Math.max(8, this.#target.key.size));
      const result = this.#next(cursor, outBatch);
      if (result === undefined) break;
      if (result.count > 0) yield this.#batch.fill(result.count);
      if (result.done) return;
      cursor = outBatch;
    }
    yield* this.#singles();
  }

  /** The next batch from the kernel, or `undefined` when it makes none. */
  #next(inBatch: Uint8Array | undefined, outBatch: Uint8Array): BatchResult | undefined {
    for (;;) {
      const result = this.#attempt(inBatch, outBatch);
      if (result === undefined || result.error === undefined) return result;
      if (!(result.error instanceof NoSpaceError)) throw result.error;
      if (result.count > 0) return result;
      this.#batch = this.#newBatch(2 * this.#batch.capacity);
    }
  }

  #attempt(inBatch: Uint8Array | undefined, outBatch: Uint8Array): BatchResult | undefined {
    const { kernel, handle: map } = this.#target;
    const { keys, values, capacity: count } = this.#batch;
    try {
      const result = kernel.bpf(this.#command, { map, inBatch, outBatch, keys, values, count });
      this.#support = "batch";
      return result;
    } catch (error) {
      if (!(error instanceof NotSupportedError) || this.#support === "batch") throw error;
      this.#support = "single";
      return undefined;
    }
  }

  *#singles(): Generator<ElementBatch<Key, Value>, void> {
    const { access } = this.#target;
    const taking = this.#command === "mapLookupAndDeleteBatch";
    this.#batch.fill(0);
    let key = access.firstKey() ? access.key.slice() : undefined;
    while (key !== undefined) {
      access.key.set(key);
      const following = access.nextKey() ? access.key.slice() : undefined;
      access.key.set(key);
      if (access.lookup("plain")) this.#batch.addBytes(key, access.value);
      if (taking) access.delete();
      if (this.#batch.length === this.#batch.capacity) {
        yield this.#batch;
        this.#batch.fill(0);
      }
      key = following;
    }
    if (this.#batch.length > 0) yield this.#batch;
  }

  #newBatch(capacity: number): ElementBatch<Key, Value> {
    return new ElementBatch(this.#target.key, this.#target.value, Math.max(1, capacity));
  }
}
