/**
 * What a stream has seen.
 * @module
 */
import { monotonicMs } from "./clock.ts";

/** Counts of a ring buffer since it was opened. */
export interface StreamStatistics {
  /** Events that a reader has got. */
  readonly events: number;
  /** Bytes of those events. */
  readonly bytes: number;
  /** Times that records were fetched from the ring. */
  readonly batches: number;
  /** Records that could not be decoded. */
  readonly errors: number;
  /** Events that programs had no room for; `undefined` when the ring has no loss counter. */
  readonly lost: bigint | undefined;
  /** Bytes waiting in the ring. */
  readonly pendingBytes: number;
  /** How full the ring is, from 0 to 1. */
  readonly fill: number;
  /** Events per second since the statistics were asked for last (or since the ring was opened). */
  readonly eventsPerSecond: number;
}

/** Counters behind {@link StreamStatistics}, changed in place. */
export class StreamCounters {
  events = 0;
  bytes = 0;
  batches = 0;
  errors = 0;
  #sinceEvents = 0;
  #sinceMs = monotonicMs();

  /** Notes records that were taken. */
  count(events: number, bytes: number): void {
    this.events += events;
    this.bytes += bytes;
  }

  /** Events per second since the last call. */
  takeRate(): number {
    const now = monotonicMs();
    const seconds = (now - this.#sinceMs) / 1000;
    const events = this.events - this.#sinceEvents;
    this.#sinceMs = now;
    this.#sinceEvents = this.events;
    return seconds > 0 ? events / seconds : 0;
  }
}
