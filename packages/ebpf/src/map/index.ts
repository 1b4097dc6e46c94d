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
export { BloomFilter } from "./bloom-filter.ts";
export { CgroupArray } from "./cgroup-array.ts";
export { GlobalVariable } from "./global-variable.ts";
export { OuterMap } from "./outer-map.ts";
export { ProgArrayMap } from "./prog-array-map.ts";
export { QueueMap } from "./queue-map.ts";
export { Cpumap, Devmap, Xskmap } from "./redirect-map.ts";
export { SocketMap } from "./socket-map.ts";
export { StackTraceMap } from "./stack-trace-map.ts";
export { StorageMap } from "./storage-map.ts";
