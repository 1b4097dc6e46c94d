/**
 * Specifications of hash maps.
 * @module
 */
import type { Layout } from "../layout/layout.ts";
import { keyedMapSpec, type KernelMapSpec, type MapSize, withFlag } from "./map-spec.ts";
import { type OffloadableMapOptions, offloadableMapSpec } from "./offloadable-map.ts";

/**
 * A hash map: elements found by key, preallocated unless flag `no_prealloc` is set; full at `maxEntries`. It can be on a
 * network card (`offloadTo`). Minimum kernel 3.19.
 */
export function hashMap<Key, Value>(
  name: string,
  key: Layout<Key>,
  value: Layout<Value>,
  size: number | OffloadableMapOptions,
): KernelMapSpec<"hash", Key, Value> {
  return offloadableMapSpec("hash", name, { key, value }, size);
}

/**
 * A hash map that grows and shrinks with what is in it, up to `maxEntries`: for maps whose size nobody knows. Flag
 * `no_prealloc`, which the kernel wants, is set along. Programs that may run anywhere, such as kprobes, cannot use it.
 * Minimum kernel 7.2.
 */
export function resizableHashMap<Key, Value>(
  name: string,
  key: Layout<Key>,
  value: Layout<Value>,
  size: MapSize,
): KernelMapSpec<"rhash", Key, Value> {
  return keyedMapSpec("rhash", name, { key, value }, withFlag(name, size, "no_prealloc"));
}

/**
 * A hash map that makes room by dropping elements not used for long. With flag `no_common_lru` each CPU has a list of its
 * own and room for its share of the elements: faster, and elements go sooner. Minimum kernel 4.10.
 */
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
