/**
 * What maps and programs shall be.
 * @module
 */
export { arrayMap, lossCounter, perCpuArrayMap } from "./array-map.ts";
export * from "./cgroup.ts";
export { cgroupArray } from "./cgroup-array.ts";
export type { AnyProgramSpec, CollectionSpec } from "./collection-spec.ts";
export * from "./context/index.ts";
export type { ContextProgram } from "./context-program.ts";
export { config, global } from "./global-spec.ts";
export { hashMap, lruHashMap, lruPerCpuHashMap, perCpuHashMap } from "./hash-map.ts";
export * from "./iterator.ts";
export type * from "./kernel-side.ts";
export { installKernelSide } from "./kernel-side.ts";
export * from "./kprobe.ts";
export { lpmTrie } from "./lpm-trie.ts";
export * from "./lsm.ts";
export { arrayOfMaps, hashOfMaps } from "./map-of-maps.ts";
export type {
  BloomFilterSpec,
  GlobalSpec,
  KernelMapSpec,
  KeyedMapSpec,
  LossCounterSpec,
  MapOptions,
  MapSize,
  MapSpec,
  OuterMapSpec,
  RingbufSpec,
} from "./map-spec.ts";
export * from "./perf-event.ts";
export { progArray, type ProgArrayOptions, type ProgArraySpec } from "./prog-array.ts";
export { program } from "./program.ts";
export type * from "./program-spec.ts";
export * from "./queue-map.ts";
export * from "./redirect-map.ts";
export { resized } from "./resized.ts";
export { ringbuf, type RingbufOptions } from "./ringbuf.ts";
export * from "./socket-program.ts";
export { sockhash, sockmap } from "./sockmap.ts";
export type { SourceCode, SourceProgramSpec } from "./source-program.ts";
export * from "./stack-trace-map.ts";
export { cgroupStorage, inodeStorage, skStorage, taskStorage } from "./storage-map.ts";
export * from "./tcx.ts";
export * from "./tracepoint.ts";
export * from "./trampoline.ts";
export * from "./uprobe.ts";
export * from "./xdp.ts";
