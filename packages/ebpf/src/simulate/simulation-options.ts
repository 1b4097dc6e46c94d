/**
 * What a test can say about the kernel that a simulation plays.
 * @module
 */
import type { Layout } from "../layout/layout.ts";

/** A helper or function of the kernel as a test plays it. */
// oxlint-disable-next-line typescript/no-explicit-any -- each has parameters of its own
export type PlayedFunction = (...given: any[]) => unknown;

/** Options of `simulate`; each has a fixed default, so that tests are the same everywhere. */
export interface SimulationOptions {
  /** Process, the kernel's tgid: 1000. */
  readonly pid?: number;
  /** Thread, the kernel's pid: that of the process. */
  readonly tid?: number;
  readonly uid?: number;
  readonly gid?: number;
  /** Name of the thread: "test". */
  readonly comm?: string;
  /** CPU the program runs on: 0. */
  readonly cpu?: number;
  /** Number of CPUs: 4. */
  readonly cpus?: number;
  readonly numaNode?: number;
  /** Nanoseconds since boot: 1 000 000 000. */
  readonly now?: bigint;
  readonly cgroupId?: bigint;
  /** Where random numbers start: 1. */
  readonly seed?: number;
  /** The task that is running, for `getCurrentTaskBtf`. */
  readonly task?: object;
  /** Instruction pointers of the kernel's stack, the innermost first. */
  readonly kernelStack?: readonly bigint[];
  readonly userStack?: readonly bigint[];
  /** Values of enumerators, for `enumValue`. */
  readonly enums?: Readonly<Record<string, number | bigint>>;
  /** Layouts of structs of the kernel, beside the packet headers that are known. */
  readonly structs?: Readonly<Record<string, Layout<unknown>>>;
  /** Functions of the kernel. */
  readonly kfuncs?: Readonly<Record<string, PlayedFunction>>;
  /** Helpers in camel case: they take the place of the simulated ones. */
  readonly helpers?: Readonly<Record<string, PlayedFunction>>;
}
