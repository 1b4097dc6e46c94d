/**
 * The limit of locked memory, by which kernels before 5.11 count the memory of maps and programs.
 * @module
 */
import type { Bridge } from "@ts-ebpf/native";

/** RLIMIT_MEMLOCK of include/uapi/asm-generic/resource.h. */
const lockedMemory = 8;

/** "No limit": RLIM_INFINITY. */
export const noLimit: bigint = 0xffff_ffff_ffff_ffffn;

/** A limit in bytes: what holds, and how far this process may raise it itself. */
export interface MemoryLimit {
  readonly softBytes: bigint;
  readonly hardBytes: bigint;
}

/** The limit in force, or `undefined` when the kernel does not tell. */
export function readMemoryLimit(bridge: Bridge): MemoryLimit | undefined {
  const limit = new BigUint64Array(2);
  if (bridge.resourceLimit(lockedMemory, undefined, limit) < 0) return undefined;
  return { softBytes: limit[0]!, hardBytes: limit[1]! };
}

/**
 * Takes the limit away, or raises it as far as this process may: without CAP_SYS_RESOURCE only up to the hard limit.
 * Whether that was enough shows when a map is created; the error says so then.
 */
export function raiseMemoryLimit(bridge: Bridge): void {
  if (bridge.resourceLimit(lockedMemory, BigUint64Array.of(noLimit, noLimit), undefined) >= 0)
    return;
  const limit = readMemoryLimit(bridge);
  if (limit === undefined) return;
  bridge.resourceLimit(
    lockedMemory,
    BigUint64Array.of(limit.hardBytes, limit.hardBytes),
    undefined,
  );
}
