/**
 * Perf events that programs hang on, other than tracepoints: what to open.
 * @module
 */
import type { PerfEventName, PerfSampling } from "../spec/program-spec.ts";

/** An event to open. */
export type PerfEventRequest = SampleRequest | ProbeRequest;

/** Samples of a counter on one CPU. */
export interface SampleRequest {
  readonly kind: "sample";
  readonly event: PerfEventName;
  readonly sampling: PerfSampling;
  readonly cpu: number;
  /** Only this process; every one when left out. */
  readonly pid?: number | undefined;
}

/** A probe on a function of the kernel, or on a place in a file. */
export type ProbeRequest = KprobeRequest | UprobeRequest;

/** A function of the kernel. */
export interface KprobeRequest {
  readonly kind: "kprobe" | "kretprobe";
  readonly symbol: string;
  /** Bytes from its start. */
  readonly offset: number;
}

/** A place in a program or library. */
export interface UprobeRequest {
  readonly kind: "uprobe" | "uretprobe";
  readonly path: string;
  /** Bytes from the start of the file. */
  readonly offset: number;
  /** Only this process; every one when left out. */
  readonly pid?: number | undefined;
}
