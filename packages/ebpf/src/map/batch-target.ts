/**
 * What batch operations need to know of a map.
 * @module
 */
import type { Handle } from "../kernel/handle.ts";
import type { ElementAccess, Kernel } from "../kernel/kernel.ts";
import type { Layout } from "../layout/layout.ts";

/** A map as batches see it. */
export interface BatchTarget<Key, Value> {
  readonly kernel: Kernel;
  readonly name: string;
  readonly handle: Handle;
  readonly maxEntries: number;
  readonly key: Layout<Key>;
  readonly value: Layout<Value>;
  /** For kernels and kinds of maps without batches: one element at a time. */
  readonly access: ElementAccess;
  /**
   * Whether the kernel goes on behind a key, and starts over when that is gone (tries, resizable hash maps). Other hash
   * maps go on at a bucket, arrays at an index.
   */
  readonly walksByKey: boolean;
  /**
   * Whether a walk may miss elements that were there all the time, because the kernel moves them meanwhile (resizable hash
   * maps; bpf_each_rhash_elem in kernel/bpf/hashtab.c). Then walks are repeated until one finds nothing more.
   */
  readonly mayMiss: boolean;
}

/** How batches are made: by the kernel, by this library one element at a time, or not needed yet. */
export type BatchSupport = "untried" | "batch" | "single";

const mostElements = 4096;
const mostBytes = 1 << 22;

/** Elements in one batch, where nobody says: as many as the map can hold, up to 4096 and 4 MiB. */
export function usualBatchSize({ maxEntries, key, value }: BatchTarget<unknown, unknown>): number {
  const thatFit = Math.floor(mostBytes / (key.size + value.size));
  return Math.max(1, Math.min(mostElements, maxEntries, thatFit));
}
