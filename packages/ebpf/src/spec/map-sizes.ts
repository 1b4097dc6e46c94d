/**
 * How large keys and values of a map are.
 * @module
 */
import { isGlobalSpec, type MapSpec } from "./map-spec.ts";

/** Sizes of key and value as the kernel counts them: ring buffers have neither. */
export function sizesOf(spec: MapSpec): { readonly keySize: number; readonly valueSize: number } {
  if (isGlobalSpec(spec)) return { keySize: 4, valueSize: spec.layout.size };
  if (spec.type === "perf_event_array") return { keySize: 4, valueSize: 4 };
  if (spec.type === "ringbuf" || spec.type === "user_ringbuf") return { keySize: 0, valueSize: 0 };
  return { keySize: spec.key.size, valueSize: spec.value.size };
}
