/**
 * Live ring buffers: events from kernel programs, in order, until the reader has had enough.
 *
 * Callbacks see records where they lie in the ring; for iterating many are copied out at a time, so that the kernel has
 * their space again. They are decoded when they are looked at. A reader that stops half-way loses nothing: the next one goes
 * on where it stopped.
 * @module
 */
import { ClosedError } from "../base/errors.ts";
import type { RingAccess } from "../kernel/kernel.ts";
import type { PerCpuArrayMap } from "../map/array-map.ts";
import type { MapHold } from "../map/bpf-map.ts";
import { sum } from "../map/per-cpu.ts";
import type { RingbufSpec } from "../spec/map-spec.ts";
import { EventBatch } from "./event-batch.ts";
import { EventMap } from "./event-map.ts";
import { EventRecord } from "./event-record.ts";
import { RecordCopy, RingReader } from "./ring-reader.ts";
import { RingWalk } from "./ring-walk.ts";
import type { StreamStatistics } from "./statistics.ts";
import { limitOf } from "./waiting.ts";

/** What a ring buffer is made of. */
export interface RingBufferHold<Event> extends MapHold<RingbufSpec<Event>> {
  /** The live loss counter of the spec, lent. */
  readonly lossCounter?: PerCpuArrayMap<bigint> | undefined;
}

/**
 * A live ring buffer. Iterating over it waits for events and yields them; leaving the loop stops. Minimum kernel 5.8.
 */
export class RingBuffer<Event> extends EventMap<Event, RingbufSpec<Event>> {
  readonly #ring: RingAccess;
  readonly #reader: RingReader;
  readonly #copy: RecordCopy;
  readonly #record: EventRecord<Event>;
  readonly #batch: EventBatch<Event>;
  readonly #lossCounter: PerCpuArrayMap<bigint> | undefined;

  constructor(hold: RingBufferHold<Event>) {
    super(hold);
    const newWalk = (): RingWalk => new RingWalk(`ring buffer "${this.name}"`);
    this.#ring = hold.kernel.openRing(hold.handle, hold.spec.maxEntries);
    this.#reader = new RingReader(this.#ring, newWalk);
    this.#copy = new RecordCopy(newWalk());
    this.#record = new EventRecord(hold.spec);
    this.#batch = new EventBatch(hold.spec, this.#copy.walk);
    this.#lossCounter = hold.lossCounter;
  }

  /** The next events, at most `limit`, without taking them. */
  peek(limit = 1): Event[] {
    limitOf({ limit });
    this.#assertOpen();
    if (!this.#copy.walk.ready()) this.#fill();
    const walk = this.#copy.look(new RingWalk(this.name));
    const record = new EventRecord(this.spec);
    const events: Event[] = [];
    while (events.length < limit && walk.next()) {
      record.moveTo(walk.data, walk.start, walk.length);
      events.push(record.event);
    }
    return events;
  }

  override advance(): boolean {
    const { walk } = this.#copy;
    if (!walk.next() && !(this.#fill() && walk.next())) return false;
    this.#record.moveTo(walk.data, walk.start, walk.length);
    return true;
  }

  /** The next records, mostly where they lie in the ring; see `EventMap.fetch`. */
  override fetch(): EventBatch<Event> | undefined {
    this.#assertOpen();
    this.#settle();
    const { walk } = this.#copy;
    if (walk.ready()) return this.#batch.of(walk);
    const found = this.#reader.fetch();
    if (found === undefined) return undefined;
    this.counters.batches += 1;
    return this.#batch.of(found);
  }

  override release(): void {
    if (this.closed) return;
    this.#settle();
    this.#reader.release();
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
    this.#assertOpen();
    this.#settle();
    const pendingBytes = this.#ring.pendingBytes();
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
    this.#reader.close();
    this.#copy.clear();
    this.#ring.close();
    super.close();
  }

  /** Copies the next records out of the ring; false when there are none. */
  #fill(): boolean {
    this.#assertOpen();
    this.#settle();
    if (!this.#copy.refill(this.#reader)) return false;
    this.counters.batches += 1;
    return true;
  }

  /** Counts what was taken, by whomever. */
  #settle(): void {
    this.#copy.walk.settle(this.counters);
    this.#batch.settle(this.counters);
  }

  #assertOpen(): void {
    if (this.closed) throw new ClosedError(`ring buffer "${this.name}"`);
  }
}
