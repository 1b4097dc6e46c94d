/**
 * Perf events that programs hang on, other than tracepoints: what to open.
 * @module
 */
import type { PerfEventName, PerfSampling } from "../spec/program-spec.ts";
import type { Handle } from "./handle.ts";

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

/** A function of the kernel, or a place in its code. */
export interface KprobeRequest {
  readonly kind: "kprobe" | "kretprobe";
  /** A function, of a module as `module:function`; or an address. */
  readonly place: string | bigint;
  /** Bytes from there. */
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
  /**
   * Where in the file a counter of 16 bits is that is above 0 while somebody listens: the semaphore of a USDT probe.
   * Minimum kernel 4.20.
   */
  readonly counterOffset?: number | undefined;
}

/** A probe that was defined in tracefs, under a name that the whole machine sees. */
export interface TracefsProbe {
  readonly event: Handle;
  /** Removes the definition; the event is to be closed first. */
  readonly definition: Disposable;
}
