/**
 * Live maps.
 * @module
 */
export { ArrayMap, PerCpuArrayMap } from "./array-map.ts";
export type { BatchOptions } from "./batch-reader.ts";
export type { BatchSupport } from "./batch-target.ts";
export { BpfMap } from "./bpf-map.ts";
export { createMap, type LiveElementMap } from "./create.ts";
export { createOrOpenPinnedMap, openMapDescriptor, openPinnedMap } from "./open.ts";
export type { ElementBatch } from "./element-batch.ts";
export { ElementMap, type LookupOptions, type UpdateOptions } from "./element-map.ts";
export { HashMap, LpmTrie, PerCpuHashMap } from "./hash-map.ts";
export { average, max, min, sum } from "./per-cpu.ts";
export { Arena } from "./arena.ts";
export { AttachedStorageMap, PerCpuAttachedStorageMap } from "./attached-storage-map.ts";
export { BloomFilter } from "./bloom-filter.ts";
export { CgroupArray } from "./cgroup-array.ts";
export { GlobalVariable } from "./global-variable.ts";
export { InsnArray } from "./insn-array.ts";
export { OuterMap } from "./outer-map.ts";
export { ProgArrayMap } from "./prog-array-map.ts";
export { QueueMap } from "./queue-map.ts";
export { Cpumap, Devmap, Xskmap } from "./redirect-map.ts";
export { SocketMap } from "./socket-map.ts";
export type { SocketSource } from "./socket-source.ts";
export { StackTraceMap } from "./stack-trace-map.ts";
export { StorageMap } from "./storage-map.ts";
export type { FoundSymbol, SymbolTable } from "./symbol-table.ts";
export { kernelSymbols, processSymbols, type ProcessSymbols } from "./symbols.ts";
