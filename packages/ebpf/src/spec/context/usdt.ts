/**
 * Context of programs on USDT probes.
 * @module
 */
import type { KernelPointer } from "./loose.ts";

/** What a probe tells. */
export interface UsdtContext {
  /**
   * The arguments of the probe, up to 12, each as 64 bits: numbers with sign are `s64(context.args[0])`. Those that it
   * does not have are 0. Pointers are addresses in the process, for `bpf.probeReadUser` and the like.
   */
  readonly args: readonly bigint[];
  /** The cookie given with the probe; 0 when none was. */
  readonly cookie: bigint;
  /** The registers: `struct pt_regs`, whose fields are those of the machine. */
  readonly [register: string]: KernelPointer;
}
