/**
 * Rings of events beside ring buffers: those of perf events, those that user space writes, and the kernel's trace output.
 * @module
 */
import type { PerfMode, PerfWakeup } from "../spec/map-spec.ts";
import type { Handle } from "./handle.ts";
import type { Watch } from "./kernel.ts";

/** A perf event that programs on one CPU can output to. */
export interface PerfRingRequest {
  readonly cpu: number;
  /** Pages of memory, a power of two. */
  readonly pages: number;
  readonly wakeup: PerfWakeup;
  readonly mode: PerfMode;
}

/**
 * Memory that the kernel writes records to, one behind the other and from its end on at its start, and that is read where it
 * lies: whoever reads says how far it has come.
 */
export interface RecordMemory extends Disposable {
  /** Bytes of the ring. */
  readonly sizeBytes: number;
  /**
   * The ring's data, of ring buffers twice in a row. They must not be written to: the memory is read-only, and the process
   * would die. Empty after `close`.
   */
  readonly data: DataView;
  /** Where in {@link data} that begins which the last `find` has found. */
  readonly start: number;
  /**
   * Looks what has been written and not released: how many bytes there are from {@link start} on. One that has `enough` may
   * stop looking.
   */
  find(enough: number): number;
  /** Frees the space of the next `bytes`, which are whole records: the kernel writes there again. */
  release(bytes: number): void;
}

/** Reading end of the ring of one CPU's perf event. With mode `overwrite` nothing is released. */
export interface PerfRingAccess extends RecordMemory {
  find(): number;
  readonly cpu: number;
  /** The event, lent: for a perf event array, and to wait for. */
  readonly event: Handle;
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
