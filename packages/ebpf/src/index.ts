/**
 * The eBPF toolkit for TypeScript: what most programs import.
 *
 * Declare maps with layouts and programs with instructions, `load` them into a kernel, attach, and read what they
 * saw. The other entry points of this package hold the parts: `ts-ebpf/asm`, `ts-ebpf/isa`, `ts-ebpf/btf`,
 * `ts-ebpf/layout`, `ts-ebpf/kernel`, `ts-ebpf/sys`.
 * @module
 */
import { loadCollection, type Loaded } from "./collection/load.ts";
import type { Kernel } from "./kernel/kernel.ts";
import type { CollectionSpec } from "./spec/collection-spec.ts";
import { openNativeKernel } from "./sys/native-kernel.ts";

export * from "./base/errors.ts";
export { Collection } from "./collection/collection.ts";
export type { Live, Loaded } from "./collection/load.ts";
export * from "./kernel/errors.ts";
export type { Handle } from "./kernel/handle.ts";
export type { Kernel } from "./kernel/kernel.ts";
export * from "./layout/index.ts";
export * from "./link/index.ts";
export * from "./map/index.ts";
export * from "./program/index.ts";
export { arrayMap, lossCounter, perCpuArrayMap } from "./spec/array-map.ts";
export type { CollectionSpec } from "./spec/collection-spec.ts";
export { hashMap, lruHashMap, perCpuHashMap } from "./spec/hash-map.ts";
export type { KeyedMapSpec, MapOptions, MapSpec, RingbufSpec } from "./spec/map-spec.ts";
export { program, type ProgramSpec } from "./spec/program-spec.ts";
export { ringbuf, type RingbufOptions } from "./spec/ringbuf.ts";
export { rawTracepoint, tpBtf, tracepoint } from "./spec/tracepoint.ts";
export * from "./stream/index.ts";
export { VerifierError } from "./verifier/verifier-error.ts";

/** Options of {@link load}. */
export interface LoadOptions {
  /** The kernel to load into; the running one when left out. */
  readonly kernel?: Kernel;
}

/**
 * Creates the maps and loads the programs of `spec`; nothing is attached yet. The caller closes what it gets, best
 * with `await using`.
 *
 * Minimum kernel and privileges are those of the parts: CAP_BPF for maps, with CAP_PERFMON for tracing programs.
 * @throws {PermissionError} without privileges, with a hint at what is missing.
 * @throws {VerifierError} when a program is rejected, with the verifier's log.
 */
export async function load<const Spec extends CollectionSpec>(
  spec: Spec,
  options: LoadOptions = {},
): Promise<Loaded<Spec>> {
  return loadCollection(options.kernel ?? openNativeKernel(), spec);
}
