/**
 * Specifications of maps without keys: queues, stacks and Bloom filters.
 * @module
 */
import { isWhole } from "../base/checks.ts";
import type { Layout } from "../layout/layout.ts";
import { withKernelMethods } from "./kernel-methods.ts";
import type { BloomMethods } from "./kernel-side.ts";
import {
  type BloomFilterSpec,
  type KernelMapSpec,
  keyedMapData,
  keyedMapSpec,
  type MapOptions,
  mapOptions,
  type MapSize,
  noKey,
} from "./map-spec.ts";

/** A queue: first in, first out. Minimum kernel 4.20. */
export function queueMap<Value>(
  name: string,
  value: Layout<Value>,
  size: MapSize,
): KernelMapSpec<"queue", undefined, Value> {
  return keyedMapSpec("queue", name, { key: noKey, value }, size);
}

/** A stack: last in, first out. Minimum kernel 4.20. */
export function stackMap<Value>(
  name: string,
  value: Layout<Value>,
  size: MapSize,
): KernelMapSpec<"stack", undefined, Value> {
  return keyedMapSpec("stack", name, { key: noKey, value }, size);
}

/** Options of {@link bloomFilter}. */
export interface BloomFilterOptions extends MapOptions {
  /** Hash functions, 1 to 15: more make errors rarer and each use dearer. 5 when left out, as in the kernel. */
  readonly hashes?: number;
}

const mostHashes = 15;
const usualHashes = 5;

/**
 * A Bloom filter for about `maxEntries` values: tells whether a value was never pushed, or may have been. Values
 * cannot be taken out. Minimum kernel 5.16.
 * @throws {InvalidArgumentError} when the number of hash functions is not from 1 to 15.
 */
export function bloomFilter<Value>(
  name: string,
  value: Layout<Value>,
  size: number | BloomFilterOptions,
): BloomFilterSpec<Value> & BloomMethods<Value> {
  const own = { hashes: isWhole({ least: 1, most: mostHashes }) };
  const { hashes = usualHashes, ...options }: BloomFilterOptions = mapOptions(name, size, own);
  const data = keyedMapData("bloom_filter", name, { key: noKey, value }, options);
  const spec: BloomFilterSpec<Value> = { ...data, hashes };
  return withKernelMethods(spec) as BloomFilterSpec<Value> & BloomMethods<Value>;
}
