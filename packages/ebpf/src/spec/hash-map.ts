/**
 * Specifications of hash maps.
 * @module
 */
import type { Layout } from "../layout/layout.ts";
import { keyedMapSpec, type KernelMapSpec, type MapSize } from "./map-spec.ts";

/**
 * A hash map: elements found by key, preallocated unless flag `no_prealloc` is set; full at `maxEntries`.
 * Minimum kernel 3.19.
 */
export function hashMap<Key, Value>(
  name: string,
  key: Layout<Key>,
  value: Layout<Value>,
  size: MapSize,
): KernelMapSpec<"hash", Key, Value> {
  return keyedMapSpec("hash", name, { key, value }, size);
}

/** A hash map that makes room by dropping elements not used for long. Minimum kernel 4.10. */
export function lruHashMap<Key, Value>(
  name: string,
  key: Layout<Key>,
  value: Layout<Value>,
  size: MapSize,
): KernelMapSpec<"lru_hash", Key, Value> {
  return keyedMapSpec("lru_hash", name, { key, value }, size);
}

/** A hash map with one value per CPU and key, so that programs count without locks. Minimum kernel 4.6. */
export function perCpuHashMap<Key, Value>(
  name: string,
  key: Layout<Key>,
  value: Layout<Value>,
  size: MapSize,
): KernelMapSpec<"percpu_hash", Key, Value> {
  return keyedMapSpec("percpu_hash", name, { key, value }, size);
}

/** A hash map with one value per CPU and key that makes room by dropping elements not used for long. Minimum kernel 4.10. */
export function lruPerCpuHashMap<Key, Value>(
  name: string,
  key: Layout<Key>,
  value: Layout<Value>,
  size: MapSize,
): KernelMapSpec<"lru_percpu_hash", Key, Value> {
  return keyedMapSpec("lru_percpu_hash", name, { key, value }, size);
}
