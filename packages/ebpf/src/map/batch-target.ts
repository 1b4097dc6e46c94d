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
}

/** How batches are made: by the kernel, by this library one element at a time, or not needed yet. */
export type BatchSupport = "untried" | "batch" | "single";
