/**
 * What maps and programs shall be.
 * @module
 */
export { arena, type ArenaSpec } from "./arena.ts";
export { arrayMap, lossCounter, perCpuArrayMap } from "./array-map.ts";
export { attachedStorage, perCpuAttachedStorage } from "./attached-storage.ts";
export * from "./cgroup.ts";
export { cgroupArray } from "./cgroup-array.ts";
export type { AnyProgramSpec, CollectionSpec } from "./collection-spec.ts";
export * from "./context/index.ts";
export type { ContextProgram } from "./context-program.ts";
export * from "./freplace.ts";
export { config, global } from "./global-spec.ts";
export {
  hashMap,
  lruHashMap,
  lruPerCpuHashMap,
  perCpuHashMap,
  resizableHashMap,
} from "./hash-map.ts";
export { insnArray, type InstructionPlace } from "./insn-array.ts";
export * from "./iterator.ts";
export type * from "./kernel-side.ts";
export { installKernelSide } from "./kernel-side.ts";
export * from "./kprobe.ts";
export * from "./kprobe-multi.ts";
export * from "./ksyscall.ts";
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
  PerfEventArraySpec,
  PerfMode,
  PerfWakeup,
  RingbufSpec,
  UserRingbufSpec,
} from "./map-spec.ts";
export type { OffloadableMapOptions } from "./offloadable-map.ts";
export * from "./lwt.ts";
export { netfilter, type NetfilterOptions } from "./netfilter.ts";
export * from "./netkit.ts";
export type * from "./network-target.ts";
export { perfEvent, type PerfEventOptions } from "./perf-event.ts";
export { perfEventArray, type PerfEventArrayOptions } from "./perf-event-array.ts";
export { progArray, type ProgArrayOptions, type ProgArraySpec } from "./prog-array.ts";
export { program } from "./program.ts";
export type * from "./program-spec.ts";
export * from "./queue-map.ts";
export * from "./redirect-map.ts";
export { resized } from "./resized.ts";
export { ringbuf, type RingbufOptions } from "./ringbuf.ts";
export * from "./socket-program.ts";
export { reuseportSockarray, sockhash, sockmap } from "./sockmap.ts";
export type { SourceCode, SourceProgramSpec } from "./source-program.ts";
export {
  type BuildIdPlace,
  buildIdStackMap,
  type StackTraceOptions,
  stackTraceMap,
} from "./stack-trace-map.ts";
export { cgroupStorage, inodeStorage, skStorage, taskStorage } from "./storage-map.ts";
export { tc, type TcOptions } from "./tc.ts";
export * from "./struct-ops.ts";
export * from "./syscall.ts";
export * from "./tcx.ts";
export * from "./tracepoint.ts";
export * from "./trampoline.ts";
export * from "./uprobe.ts";
export { userRingbuf } from "./user-ringbuf.ts";
export * from "./uprobe-multi.ts";
export * from "./usdt.ts";
export * from "./xdp.ts";
