/**
 * Live ring buffers: events from kernel programs, in order, until the reader has had enough.
 *
 * Records are copied out of the ring natively, many at a time, into memory that is used again and again, and decoded
 * when they are looked at. A reader that stops half-way loses nothing: the next one goes on where it stopped.
 * @module
 */
import { alignUp, viewOf } from "../base/bytes.ts";
import { ClosedError, InvalidArgumentError } from "../base/errors.ts";
import type { RecordBatch, RingAccess } from "../kernel/kernel.ts";
import type { PerCpuArrayMap } from "../map/array-map.ts";
import type { MapHold } from "../map/bpf-map.ts";
import { sum } from "../map/per-cpu.ts";
import type { RingbufSpec } from "../spec/map-spec.ts";
import { EventBatch } from "./event-batch.ts";
import { EventMap } from "./event-map.ts";
import { EventRecord } from "./event-record.ts";
import { bytesIn, newBatch } from "./record-batch.ts";
import type { StreamStatistics } from "./statistics.ts";
import { limitOf } from "./waiting.ts";

/** What a ring buffer is made of. */
export interface RingBufferHold<Event> extends MapHold<RingbufSpec<Event>> {
  /** The live loss counter of the spec, lent. */
  readonly lossCounter?: PerCpuArrayMap<bigint> | undefined;
}

/** Size of the batch that records are copied to, unless the ring is smaller. Larger records make it grow. */
const batchBytes = 1 << 18;
/** Records looked at in the ring before their space is given back. */
const recordsPerScan = 8192;
/**
 * A live ring buffer. Iterating over it waits for events and yields them; leaving the loop stops. Minimum kernel 5.8.
 */
export class RingBuffer<Event> extends EventMap<Event, RingbufSpec<Event>> {
  readonly #ring: RingAccess;
  readonly #record: EventRecord<Event>;
  readonly #lossCounter: PerCpuArrayMap<bigint> | undefined;
  /** Empty until the first read, so that a ring that nobody reads costs nothing. */
  #batch: RecordBatch = newBatch(0);
  #view: DataView = viewOf(this.#batch.bytes);
  readonly #events: EventBatch<Event>;
  /** Where a scan of the ring puts what it finds. Made when it is first needed: many are only opened and closed. */
  #places: Int32Array | undefined;
  #count = 0;
  #next = 0;

  constructor(hold: RingBufferHold<Event>) {
    super(hold);
    const sizeBytes = hold.spec.maxEntries;
    this.#ring = hold.kernel.openRing(hold.handle, sizeBytes);
    this.#record = new EventRecord(hold.spec);
    this.#events = new EventBatch(hold.spec);
    this.#lossCounter = hold.lossCounter;
  }

  /** The next events, at most `limit`, without taking them. */
  peek(limit = 1): Event[] {
    limitOf({ limit });
    if (this.#next === this.#count) this.#fetch();
    const record = new EventRecord(this.spec);
    const until = Math.min(this.#count, this.#next + limit);
    return Array.from({ length: until - this.#next }, (_, index) => {
      this.#moveTo(record, this.#next + index);
      return record.event;
    });
  }

  override advance(): boolean {
    if (this.#next === this.#count && !this.#fetch()) return false;
    this.#moveTo(this.#record, this.#next);
    this.#next += 1;
    this.counters.events += 1;
    this.counters.bytes += this.#record.length;
    return true;
  }

  /** The next records where they lie in the ring; see `EventMap.fetch`. */
  override fetch(): EventBatch<Event> | undefined {
    const ring = this.#openRing();
    const left = this.#count - this.#next;
    if (left > 0)
      return this.#events.fill(this.#view, this.#batch.places.subarray(2 * this.#next), left);
    const places = (this.#places ??= new Int32Array(2 * recordsPerScan));
    const count = ring.scan(places);
    return count === 0 ? undefined : this.#events.fill(ring.data, places, count);
  }

  override release(taken: number): void {
    if (taken === 0 || this.closed) return;
    this.counters.count(taken, this.#take(taken));
  }

  override get record(): EventRecord<Event> {
    return this.#record;
  }

  /** Events for which programs found no room; `undefined` when the ring has no loss counter. */
  override lost(): bigint | undefined {
    const values = this.#lossCounter?.get(0);
    return values && sum(values);
  }

  override statistics(): StreamStatistics {
    const pendingBytes = this.#openRing().pendingBytes();
    const { events, bytes, batches, errors } = this.counters;
    const fill = pendingBytes / this.spec.maxEntries;
    const eventsPerSecond = this.counters.takeRate();
    return {
      events,
      bytes,
      batches,
      errors,
      lost: this.lost(),
      pendingBytes,
      fill,
      eventsPerSecond,
    };
  }

  override close(): void {
    this.endReaders();
    this.#ring.close();
    super.close();
  }

  /** Moves on behind the first `taken` records of the last batch and returns their bytes. */
  #take(taken: number): number {
    const { places, length } = this.#events;
    if (this.#next < this.#count) {
      this.#next += taken;
      return bytesIn(places, taken);
    }
    if (taken === length) return this.#ring.release();
    return this.#ring.release(alignUp(places[2 * taken - 2]! + places[2 * taken - 1]!, 8));
  }

  /** Copies the next records out of the ring; false when there are none. */
  #fetch(): boolean {
    const ring = this.#openRing();
    this.#next = 0;
    this.#count = 0;
    if (this.#batch.bytes.length === 0) this.#resize(Math.min(this.spec.maxEntries, batchBytes));
    try {
      this.#count = ring.drain(this.#batch);
    } catch (error) {
      if (!(error instanceof InvalidArgumentError)) throw error;
      this.#resize(this.spec.maxEntries);
      this.#count = ring.drain(this.#batch);
    }
    if (this.#count > 0) this.counters.batches += 1;
    return this.#count > 0;
  }

  #moveTo(record: EventRecord<Event>, index: number): void {
    const { places } = this.#batch;
    record.moveTo(this.#view, places[2 * index]!, places[2 * index + 1]!);
  }

  #resize(sizeBytes: number): void {
    this.#batch = newBatch(sizeBytes);
    this.#view = viewOf(this.#batch.bytes);
  }

  #openRing(): RingAccess {
    if (this.closed) throw new ClosedError(`ring buffer "${this.name}"`);
    return this.#ring;
  }
}
