/**
 * Specifications of arrays: maps whose keys are 0, 1, 2… and whose elements always exist.
 * @module
 */
import type { Layout } from "../layout/layout.ts";
import { u32, u64 } from "../layout/integer.ts";
import { keyedMapSpec, type KernelMapSpec, type MapSize } from "./map-spec.ts";
import { type OffloadableMapOptions, offloadableMapSpec } from "./offloadable-map.ts";

/**
 * An array of `maxEntries` zeroed values. With flag `mmapable` (minimum kernel 5.5) user space reads and writes
 * elements as memory. It can be on a network card (`offloadTo`). Minimum kernel 3.19.
 */
export function arrayMap<Value>(
  name: string,
  value: Layout<Value>,
  size: number | OffloadableMapOptions,
): KernelMapSpec<"array", number, Value> {
  return offloadableMapSpec("array", name, { key: u32, value }, size);
}

/** An array with one value per CPU and index. Minimum kernel 4.6. */
export function perCpuArrayMap<Value>(
  name: string,
  value: Layout<Value>,
  size: MapSize,
): KernelMapSpec<"percpu_array", number, Value> {
  return keyedMapSpec("percpu_array", name, { key: u32, value }, size);
}

/**
 * A counter of events that found no room in a ring buffer: programs add one to its first element when a
 * reservation fails. Give it to `ringbuf`, and the stream reports the loss.
 */
export function lossCounter(name: string): KernelMapSpec<"percpu_array", number, bigint> {
  return perCpuArrayMap(name, u64, 1);
}
