/**
 * Rings of events beside ring buffers: those of perf events, those that user space writes, and the kernel's trace output.
 * @module
 */
import type { PerfMode, PerfWakeup } from "../spec/map-spec.ts";
import type { Handle } from "./handle.ts";
import type { RecordBatch, Watch } from "./kernel.ts";

/** A perf event that programs on one CPU can output to. */
export interface PerfRingRequest {
  readonly cpu: number;
  /** Pages of memory, a power of two. */
  readonly pages: number;
  readonly wakeup: PerfWakeup;
  readonly mode: PerfMode;
}

/** Reading end of the ring of one CPU's perf event. */
export interface PerfRingAccess extends Disposable {
  readonly cpu: number;
  readonly sizeBytes: number;
  /** The event, lent: for a perf event array, and to wait for. */
  readonly event: Handle;
  /**
   * Copies records into `batch` until the ring is empty or the batch full, frees their space, and returns their number.
   * @throws {InvalidArgumentError} when the next record alone is larger than the batch; 64 KiB suffice.
   */
  drain(batch: RecordBatch): number;
  /**
   * Finds records where they lie, without copying: start in {@link data} and length of each are put into `places`. Returns
   * their number. They stay until `release`. A record that goes round the end of the ring is only found by `drain`: 0 does
   * not mean that there is none.
   */
  scan(places: Int32Array): number;
  /** Frees what the last `scan` has found, all of it or what lies before `end`. Returns the bytes of all of it. */
  release(end?: number): number;
  /** The ring's data. It must not be written to: the memory is read-only, and the process would die. Empty after `close`. */
  readonly data: DataView;
  /** Copies what is in a ring of mode `overwrite`, the newest first. Pause it meanwhile. */
  snapshot(batch: RecordBatch): number;
  /** Records that had no room, as far as `drain` has read. */
  lost(): number;
  /** Bytes written and not yet read; 0 of mode `overwrite`. */
  pendingBytes(): number;
  /** Lets nothing be written until `resume`; it is lost without being counted. Minimum kernel 4.7. */
  pause(): void;
  resume(): void;
  close(): void;
}

/** Writing end of a user ring buffer. */
export interface UserRingAccess extends Disposable {
  readonly sizeBytes: number;
  /** The ring's data, twice in a row. Empty after `close`. */
  readonly data: DataView;
  /**
   * Reserves `length` bytes: where they start in {@link data}.
   * @throws {NoSpaceError} when there is no room now; {@link InvalidArgumentError} when there never will be.
   */
  reserve(length: number): number;
  /** Hands what was reserved at `place` to the kernel, or takes it back. */
  settle(place: number, outcome: "commit" | "discard"): void;
  /** Bytes that programs have not taken yet, headers included. */
  pendingBytes(): number;
  /** Calls `onRoom` from the event loop: once soon when there is any room, and whenever a program has made some. */
  watchRoom(onRoom: () => void): Watch;
  close(): void;
}

/**
 * Where what programs print is read: `own` is a buffer that is made for this reader and gets a copy (minimum kernel 5.9),
 * `shared` the machine's one, whose readers take lines away from each other.
 */
export type TraceSource = "own" | "shared";

/** The kernel's trace output, open for reading. */
export interface TracePipe extends Disposable {
  /** What is read and waited for; reading never blocks. Closed with the pipe. */
  readonly handle: Handle;
  close(): void;
}
