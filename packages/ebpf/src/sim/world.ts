/**
 * What programs find around them in the simulated kernel: clock, random numbers, CPU, process, what they print.
 *
 * All of it is set by whoever runs the kernel and nothing comes from the machine, so that a run can be had again.
 * @module
 */
import type { PerfEventName } from "../spec/program-spec.ts";
import type { GivenObject } from "./typed/given.ts";

/** Memory of a process: members of `struct vm_area_struct`, such as `vm_flags` and `vm_file`. */
export interface Mapping extends GivenObject {
  readonly vm_start: bigint;
  /** The first address behind it. */
  readonly vm_end: bigint;
}

/** The process that a program runs in. */
export interface SimulatedTask {
  /** Process, and thread in it. */
  readonly pid: number;
  readonly tid: number;
  readonly uid: number;
  readonly gid: number;
  /** At most 15 characters. */
  readonly comm: string;
  /** Process that started it; 0 when left out. */
  readonly ppid?: number;
  /** Control group; 1, the one above all others, when left out. */
  readonly cgroupId?: bigint;
  /** Further members of its `task_struct`. */
  readonly fields?: GivenObject;
  /** What of its memory is mapped where, for `bpf_find_vma`. */
  readonly mappings?: readonly Mapping[];
  /** Addresses on its stacks, the innermost first. */
  readonly kernelStack?: readonly bigint[];
  readonly userStack?: readonly bigint[];
}

/** What is around programs. Everything may be changed between runs. */
export interface World {
  /** Nanoseconds since boot. */
  now: bigint;
  /** CPU that programs run on, by its place among the possible ones. */
  cpu: number;
  task: SimulatedTask;
  /** The next random number of 32 bits. */
  random: () => number;
  /** What perf events have counted by now; 0 where nothing is said. */
  readonly counters: { [Event in PerfEventName]?: bigint };
  /** What `bpf_trace_printk` printed, the newest last. */
  readonly printed: string[];
}
