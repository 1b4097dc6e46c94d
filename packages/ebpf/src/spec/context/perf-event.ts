/**
 * Context of programs on perf events: `struct bpf_perf_event_data` of include/uapi/linux/bpf_perf_event.h.
 * @module
 */
import type { KernelPointer } from "./loose.ts";

/** A sample. */
export interface PerfEventContext {
  readonly regs: KernelPointer;
  readonly sample_period: bigint;
  readonly addr: bigint;
}
