/**
 * Rings of perf events, as programs output to them with `bpf_perf_event_output` (kernel/events/ring_buffer.c).
 *
 * A record has a header of 8 bytes and the length of its data in front, and takes a multiple of 8 bytes. One that goes round
 * the end of the ring lies in two pieces. A ring with `overwrite` is written backwards, from its end on. Samples that had no
 * room are told of by a record of their own, before the next one that has.
 *
 *      0      4      6      8        12
 *     +------+------+------+--------+---------------+
 *     | type | misc | size | length | data, padding |
 *     +------+------+------+--------+-------+-------+
 *                          | id             | lost      from 16
 * @module
 */
import { alignUp, viewOf } from "../base/bytes.ts";
import { ClosedError } from "../base/errors.ts";
import type { PerfRingAccess, PerfRingRequest } from "../kernel/event-ring.ts";
import type { Handle } from "../kernel/handle.ts";
import { failed } from "./errno.ts";
import { SimulatedHandle, SimulatedObject } from "./object.ts";

// PERF_RECORD_LOST and PERF_RECORD_SAMPLE of include/uapi/linux/perf_event.h
const lostType = 2;
const sampleType = 9;
const sizeAt = 6;
const lengthAt = 8;
const payloadAt = 12;
const lostAt = 16;
const lostBytes = 24;

/** The event of one CPU, with its ring. */
export class SimulatedPerfEvent extends SimulatedObject {
  readonly kind = "perf-event";
  readonly cpu: number;
  readonly data: DataView;
  readonly #request: PerfRingRequest;
  readonly #size: number;
  /** Bytes written and given back since the start; written backwards they are below zero. */
  #head = 0;
  #tail = 0;
  #sinceWoken = 0;
  #missed = 0;
  paused = false;

  constructor(request: PerfRingRequest, pageBytes: number) {
    super(`perf event of CPU ${request.cpu}`);
    this.cpu = request.cpu;
    this.#request = request;
    this.#size = request.pages * pageBytes;
    this.data = viewOf(new Uint8Array(this.#size));
  }

  override get readable(): boolean {
    return this.pending > 0;
  }

  /** Bytes of records that nobody has read; of a ring that is overwritten all there is room for. */
  get pending(): number {
    return this.#overwritten ? this.#size : this.#head - this.#tail;
  }

  /** Where they start. */
  get start(): number {
    return this.#placeOf(this.#overwritten ? this.#head : this.#tail);
  }

  /** Writes a record: 0, or -ENOSPC when there is no room. */
  write(bytes: Uint8Array): number {
    const record = sampleOf(bytes);
    const lost = this.#missed === 0 ? new Uint8Array() : lostRecord(this.#missed);
    const total = lost.length + record.length;
    if (this.paused || total > this.#size) return failed.noSpace;
    if (this.#overwritten) return this.#prepend(record);
    if (this.pending + total > this.#size) return this.lose();
    this.#missed = 0;
    this.#append(lost);
    this.#append(record);
    this.#wakeWhenDue(record.length);
    return 0;
  }

  /** Counts a record that had no room: -ENOSPC. */
  lose(): number {
    this.#missed += 1;
    return failed.noSpace;
  }

  /** Frees the oldest `bytes`. */
  release(bytes: number): void {
    this.#tail += bytes;
  }

  get #overwritten(): boolean {
    return this.#request.mode === "overwrite";
  }

  #placeOf(position: number): number {
    return ((position % this.#size) + this.#size) % this.#size;
  }

  #prepend(record: Uint8Array): number {
    this.#head -= record.length;
    this.#put(this.#head, record);
    return 0;
  }

  #append(record: Uint8Array): void {
    this.#put(this.#head, record);
    this.#head += record.length;
  }

  #put(position: number, bytes: Uint8Array): void {
    const target = new Uint8Array(this.data.buffer);
    const start = this.#placeOf(position);
    const first = Math.min(bytes.length, this.#size - start);
    target.set(bytes.subarray(0, first), start);
    target.set(bytes.subarray(first), 0);
  }

  #wakeWhenDue(total: number): void {
    const { wakeup } = this.#request;
    this.#sinceWoken += "events" in wakeup ? 1 : total;
    if (this.#sinceWoken < ("events" in wakeup ? wakeup.events : wakeup.bytes)) return;
    this.#sinceWoken = 0;
    this.wakeReaders();
  }
}

function sampleOf(bytes: Uint8Array): Uint8Array {
  const total = alignUp(payloadAt + bytes.length, 8);
  const record = newRecord(sampleType, total);
  viewOf(record).setUint32(lengthAt, total - payloadAt, true);
  record.set(bytes, payloadAt);
  return record;
}

function lostRecord(count: number): Uint8Array {
  const record = newRecord(lostType, lostBytes);
  viewOf(record).setUint32(lostAt, count, true);
  return record;
}

function newRecord(type: number, total: number): Uint8Array {
  const record = new Uint8Array(total);
  const view = viewOf(record);
  view.setUint32(0, type, true);
  view.setUint16(sizeAt, total & 0xffff, true);
  return record;
}

/** The reading end. */
export class SimulatedPerfRing implements PerfRingAccess {
  readonly cpu: number;
  readonly sizeBytes: number;
  readonly event: Handle;
  readonly #event: SimulatedPerfEvent;
  readonly #overwritten: boolean;
  #closed = false;

  constructor(request: PerfRingRequest, pageBytes: number) {
    this.#event = new SimulatedPerfEvent(request, pageBytes);
    this.event = new SimulatedHandle(this.#event);
    this.cpu = request.cpu;
    this.sizeBytes = request.pages * pageBytes;
    this.#overwritten = request.mode === "overwrite";
  }

  get data(): DataView {
    this.#assertOpen();
    return this.#event.data;
  }

  get start(): number {
    return this.#event.start;
  }

  find(): number {
    this.#assertOpen();
    return this.#event.pending;
  }

  release(bytes: number): void {
    this.#assertOpen();
    this.#event.release(bytes);
  }

  pendingBytes(): number {
    this.#assertOpen();
    return this.#overwritten ? 0 : this.#event.pending;
  }

  pause(): void {
    this.#assertOpen();
    this.#event.paused = true;
  }

  resume(): void {
    this.#assertOpen();
    this.#event.paused = false;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.event.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #assertOpen(): void {
    if (this.#closed) throw new ClosedError(this.#event.label);
  }
}
