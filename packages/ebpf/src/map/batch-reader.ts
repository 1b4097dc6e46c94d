/**
 * Reading a map in batches, with or without taking the elements out of it.
 *
 * The kernel fills a buffer per call and returns a cursor. A hash map hands out whole buckets, so a batch that is too
 * small for one is made larger and tried again. Kernels without batches are read one element at a time, visibly. Where
 * the kernel may start over because others delete elements, those that come again are left out, and that is counted.
 * @module
 */
import { assertWhole } from "../base/arguments.ts";
import { NoSpaceError, NotSupportedError } from "../kernel/errors.ts";
import type { BatchResult } from "../kernel/commands.ts";
import type { ElementAccess } from "../kernel/kernel.ts";
import { type BatchSupport, type BatchTarget, usualBatchSize } from "./batch-target.ts";
import { ElementBatch } from "./element-batch.ts";
import { type NextKey, SeenKeys, walkKeys } from "./key-walk.ts";

/** Options of reading in batches. */
export interface BatchOptions {
  /**
   * Elements in one batch at most; when left out, as many as the map can hold, up to 4096 and 4 MiB. The kernel hands out
   * whole buckets of hash maps: where one has more, so has the batch.
   */
  readonly batchSize?: number;
}

/** The commands that read batches. */
export type ReadCommand = "mapLookupBatch" | "mapLookupAndDeleteBatch";

/** Walks through a map that may miss elements; one that always has new ones is not worth more. */
const mostPasses = 16;

/** One reading of a map. */
export class BatchReader<Key, Value> {
  readonly #target: BatchTarget<Key, Value>;
  readonly #command: ReadCommand;
  #batch: ElementBatch<Key, Value>;
  #support: BatchSupport = "untried";
  readonly #seen = new SeenKeys();

  constructor(target: BatchTarget<Key, Value>, command: ReadCommand, options: BatchOptions) {
    this.#target = target;
    this.#command = command;
    this.#batch = this.#newBatch(batchSizeOf(target, options));
  }

  /** How the batches are made, known from the first one on. */
  get support(): BatchSupport {
    return this.#support;
  }

  /** How often the kernel started over. */
  get restarts(): number {
    return this.#seen.restarts;
  }

  /** The batches; none is empty. */
  *read(): Generator<ElementBatch<Key, Value>, void> {
    for (let pass = 0; pass < mostPasses; pass++) {
      const found = yield* this.#pass();
      if (!this.#target.mayMiss || !found) return;
      this.#seen.startOver();
    }
  }

  /** The batches of one walk through the map; returns whether there were any. */
  *#pass(): Generator<ElementBatch<Key, Value>, boolean> {
    let cursor: Uint8Array | undefined;
    let found = false;
    for (;;) {
      const outBatch = new Uint8Array(Math.max(8, this.#target.key.size));
      const result = this.#next(cursor, outBatch);
      if (result === undefined) break;
      if (this.#taken(result.count)) {
        found = true;
        yield this.#batch;
      }
      if (result.done) return found;
      cursor = outBatch;
    }
    yield* this.#singles();
    return false;
  }

  /** Takes over what the kernel put into the batch; false when nothing of it is new. */
  #taken(count: number): boolean {
    this.#batch.fill(count);
    if (this.#target.walksByKey && this.#command === "mapLookupBatch") {
      this.#batch.keep((key) => this.#seen.isNew(key));
    }
    return this.#batch.length > 0;
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
    for (const key of walkKeys(nextThrough(access), this.#seen)) {
      access.key.set(key);
      if (access.lookup("plain")) this.#batch.addBytes(key, access.value);
      if (taking) access.delete();
      if (this.#batch.length === this.#batch.capacity) {
        yield this.#batch;
        this.#batch.fill(0);
      }
    }
    if (this.#batch.length > 0) yield this.#batch;
  }

  #newBatch(capacity: number): ElementBatch<Key, Value> {
    return new ElementBatch(this.#target.key, this.#target.value, capacity);
  }
}

/** Memory of one batch: more is refused, since the machine may not have it. */
const mostBytes = 2 ** 30;

/** @throws {InvalidArgumentError} for a size that cannot be: a batch of nothing would be asked for again without end. */
function batchSizeOf(
  target: BatchTarget<unknown, unknown>,
  { batchSize = usualBatchSize(target) }: BatchOptions,
): number {
  const { name, key, value } = target;
  const most = Math.floor(mostBytes / (key.size + value.size));
  assertWhole(batchSize, `the size of batches of map "${name}"`, { least: 1, most });
  return batchSize;
}

/** Steps by prepared calls. */
function nextThrough(access: ElementAccess): NextKey {
  return (key) => {
    if (key === undefined) return access.firstKey() ? access.key.slice() : undefined;
    access.key.set(key);
    return access.nextKey() ? access.key.slice() : undefined;
  };
}
