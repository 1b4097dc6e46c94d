/**
 * Rings of perf events, as programs output to them with `bpf_perf_event_output` (kernel/events/ring_buffer.c).
 *
 * A record has a header of 8 bytes and the length of its data in front, and takes a multiple of 8 bytes. One that goes round
 * the end of the ring lies in two pieces. With `overwrite` the oldest records make room.
 *
 *      0      4      6      8        12
 *     +------+------+------+--------+---------------+
 *     | type | misc | size | length | data, padding |
 *     +------+------+------+--------+---------------+
 * @module
 */
import { alignUp, viewOf } from "../base/bytes.ts";
import { ClosedError, InvalidArgumentError } from "../base/errors.ts";
import type { PerfRingAccess, PerfRingRequest } from "../kernel/event-ring.ts";
import type { Handle } from "../kernel/handle.ts";
import type { RecordBatch } from "../kernel/kernel.ts";
import { failed } from "./errno.ts";
import { SimulatedHandle, SimulatedObject } from "./object.ts";

const headerBytes = 12;

/** A record in a ring: where it starts, counted from the beginning of time, and what it takes. */
interface PerfRecord {
  readonly position: number;
  readonly length: number;
  readonly total: number;
}

/** The event of one CPU, with its ring. */
export class SimulatedPerfEvent extends SimulatedObject {
  readonly kind = "perf-event";
  readonly cpu: number;
  readonly data: DataView;
  readonly #request: PerfRingRequest;
  readonly #size: number;
  readonly #records: PerfRecord[] = [];
  #produced = 0;
  #sinceWoken = 0;
  #missed = 0;
  paused = false;
  /** Records that had no room, as the record behind them tells. */
  lost = 0;

  constructor(request: PerfRingRequest, pageBytes: number) {
    super(`perf event of CPU ${request.cpu}`);
    this.cpu = request.cpu;
    this.#request = request;
    this.#size = request.pages * pageBytes;
    this.data = viewOf(new Uint8Array(this.#size));
  }

  override get readable(): boolean {
    return this.#records.length > 0;
  }

  get records(): readonly PerfRecord[] {
    return this.#records;
  }

  /** Bytes of records that nobody has read. */
  get pending(): number {
    const [first] = this.#records;
    return first === undefined ? 0 : this.#produced - first.position;
  }

  /** Writes a record: 0, or -ENOSPC when there is no room. */
  write(bytes: Uint8Array): number {
    const length = alignUp(bytes.length + 4, 8) - 4;
    const total = alignUp(headerBytes + length, 8);
    if (this.paused || total > this.#size) return failed.noSpace;
    if (!this.#makeRoom(total)) return this.lose();
    this.lost += this.#missed;
    this.#missed = 0;
    const header = new Uint8Array(headerBytes);
    const view = viewOf(header);
    view.setUint32(0, sampleType, true);
    view.setUint16(6, total & 0xffff, true);
    view.setUint32(8, length, true);
    this.#put(this.#produced, header);
    this.#put(this.#produced + headerBytes, bytes);
    this.#put(this.#produced + headerBytes + bytes.length, new Uint8Array(length - bytes.length));
    this.#records.push({ position: this.#produced, length, total });
    this.#produced += total;
    this.#wakeWhenDue(total);
    return 0;
  }

  /** Counts a record that had no room: -ENOSPC. */
  lose(): number {
    this.#missed += 1;
    return failed.noSpace;
  }

  /** Frees the oldest `count` records. */
  release(count: number): void {
    this.#records.splice(0, count);
  }

  /** Where the data of a record start in the ring. */
  startOf({ position }: PerfRecord): number {
    return (position + headerBytes) % this.#size;
  }

  /** Whether a record's data lie in one piece. */
  isWhole(record: PerfRecord): boolean {
    return this.startOf(record) + record.length <= this.#size;
  }

  /** Copies a record's data. */
  copy(record: PerfRecord, target: Uint8Array): void {
    const source = new Uint8Array(this.data.buffer);
    const start = this.startOf(record);
    const first = Math.min(record.length, this.#size - start);
    target.set(source.subarray(start, start + first));
    target.set(source.subarray(0, record.length - first), first);
  }

  #makeRoom(total: number): boolean {
    while (this.pending + total > this.#size) {
      if (this.#request.mode !== "overwrite") return false;
      this.#records.shift();
    }
    return true;
  }

  #put(position: number, bytes: Uint8Array): void {
    const target = new Uint8Array(this.data.buffer);
    const start = position % this.#size;
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

/** PERF_RECORD_SAMPLE of include/uapi/linux/perf_event.h. */
const sampleType = 9;

/** The reading end. */
export class SimulatedPerfRing implements PerfRingAccess {
  readonly cpu: number;
  readonly sizeBytes: number;
  readonly event: Handle;
  readonly #event: SimulatedPerfEvent;
  readonly #overwritten: boolean;
  #scanned = 0;
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

  drain(batch: RecordBatch): number {
    this.#assertOpen();
    const count = this.#copy(this.#event.records, batch);
    this.#event.release(count);
    return count;
  }

  scan(places: Int32Array): number {
    this.#assertOpen();
    let count = 0;
    for (const record of this.#event.records) {
      if (count === places.length / 2 || !this.#event.isWhole(record)) break;
      places[2 * count] = this.#event.startOf(record);
      places[2 * count + 1] = record.length;
      count += 1;
    }
    this.#scanned = count;
    return count;
  }

  release(end?: number): number {
    this.#assertOpen();
    const scanned = this.#event.records.slice(0, this.#scanned);
    const behind = scanned.findIndex(
      (record) => end !== undefined && this.#event.startOf(record) + record.length >= end,
    );
    const count = behind === -1 ? scanned.length : behind + 1;
    const bytes = scanned.reduce((sum, { length }) => sum + length, 0);
    this.#event.release(count);
    this.#scanned -= count;
    return bytes;
  }

  snapshot(batch: RecordBatch): number {
    this.#assertOpen();
    return this.#copy(this.#event.records.toReversed(), batch);
  }

  lost(): number {
    this.#assertOpen();
    return this.#event.lost;
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

  #copy(records: readonly PerfRecord[], { bytes, places }: RecordBatch): number {
    let [used, count] = [0, 0];
    for (const record of records) {
      const fits = used + record.length <= bytes.length;
      if (!fits && count === 0) throw tooSmall(this.#event.label, bytes.length);
      if (!fits || count === places.length / 2) break;
      this.#event.copy(record, bytes.subarray(used));
      places[2 * count] = used;
      places[2 * count + 1] = record.length;
      used = alignUp(used + record.length, 8);
      count += 1;
    }
    return count;
  }

  #assertOpen(): void {
    if (this.#closed) throw new ClosedError(this.#event.label);
  }
}

function tooSmall(label: string, length: number): InvalidArgumentError {
  return new InvalidArgumentError(`a batch of ${length} bytes is too small for ${label}`, {
    hint: "a batch of 64 KiB has room for every record",
  });
}
