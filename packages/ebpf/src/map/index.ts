/**
 * Live maps.
 * @module
 */
export { ArrayMap, PerCpuArrayMap } from "./array-map.ts";
export type { BatchOptions } from "./batch-reader.ts";
export type { BatchSupport } from "./batch-target.ts";
export { BpfMap } from "./bpf-map.ts";
export { createMap, openPinnedMap, type LiveElementMap } from "./create.ts";
export type { ElementBatch } from "./element-batch.ts";
export { ElementMap, type LookupOptions, type UpdateOptions } from "./element-map.ts";
export { HashMap, PerCpuHashMap } from "./hash-map.ts";
export { average, max, min, sum } from "./per-cpu.ts";
