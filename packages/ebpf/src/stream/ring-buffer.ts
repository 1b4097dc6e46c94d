/**
 * Live ring buffers: events from kernel programs, in order, until the reader has had enough.
 *
 * Records are copied out of the ring natively, many at a time, into memory that is used again and again, and decoded
 * when they are looked at. A reader that stops half-way loses nothing: the next one goes on where it stopped.
 * @module
 */
import { alignUp, viewOf } from "../base/bytes.ts";
import { ClosedError, InvalidArgumentError, MalformedError } from "../base/errors.ts";
import type { RecordBatch, RingAccess } from "../kernel/kernel.ts";
import type { PerCpuArrayMap } from "../map/array-map.ts";
import { BpfMap, type MapHold } from "../map/bpf-map.ts";
import { sum } from "../map/per-cpu.ts";
import type { RingbufSpec } from "../spec/map-spec.ts";
import { EventBatch } from "./event-batch.ts";
import { EventRecord } from "./event-record.ts";
import { nextTurn, Readiness, type Waitable, type WaitOptions } from "./readiness.ts";
import { RingConsumer, takeBatches, takeRecords, type ConsumeOptions } from "./ring-consumer.ts";
import { StreamCounters, type StreamStatistics } from "./statistics.ts";

/** Options of reading events. */
export interface ReadOptions extends WaitOptions {
  /** Ends the reading after this many events. */
  readonly limit?: number;
}

/** What a ring buffer is made of. */
export interface RingBufferHold<Event> extends MapHold<RingbufSpec<Event>> {
  /** The live loss counter of the spec, lent. */
  readonly lossCounter?: PerCpuArrayMap<bigint> | undefined;
}

/** Size of the batch that records are copied to, unless the ring is smaller. Larger records make it grow. */
const batchBytes = 1 << 18;
/** Records looked at in the ring before their space is given back. */
const recordsPerScan = 8192;
/** Batches a reader takes in a row before it lets the event loop run. */
const batchesPerTurn = 16;

/**
 * A live ring buffer. Iterating over it waits for events and yields them; leaving the loop stops. Minimum kernel 5.8.
 */
export class RingBuffer<Event>
  extends BpfMap<RingbufSpec<Event>>
  implements AsyncIterable<Event>, Waitable
{
  readonly #ring: RingAccess;
  readonly #record: EventRecord<Event>;
  readonly #lossCounter: PerCpuArrayMap<bigint> | undefined;
  readonly #counters = new StreamCounters();
  /** Readers that wait for events; closing the ring ends them. */
  readonly waiting: Set<Disposable> = new Set();
  /** Empty until the first read, so that a ring that nobody reads costs nothing. */
  #batch: RecordBatch = newBatch(0);
  #view: DataView = viewOf(this.#batch.bytes);
  readonly #events: EventBatch<Event>;
  /** Where a scan of the ring puts what it finds. */
  readonly #places = new Int32Array(2 * recordsPerScan);
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

  /**
   * Events as they come: `for await (const event of ring.read({ signal }))`. Leaving the loop, the signal, the limit
   * and the time-out end it; events not yet yielded stay for the next reader.
   * @throws {MalformedError} when a record is shorter than the layout; reading can be taken up again behind it.
   */
  async *read(options: ReadOptions = {}): AsyncGenerator<Event, void> {
    const { limit = Infinity } = options;
    using readiness = new Readiness(this.kernel, [this], options);
    let yielded = 0;
    let turnEnds = this.#counters.batches + batchesPerTurn;
    while (yielded < limit && !readiness.ended) {
      if (this.advance()) {
        yielded += 1;
        yield this.#decode();
      } else if (!(await readiness.wait())) {
        return;
      }
      if (this.#counters.batches >= turnEnds) {
        await nextTurn();
        turnEnds = this.#counters.batches + batchesPerTurn;
      }
    }
  }

  [Symbol.asyncIterator](): AsyncGenerator<Event, void> {
    return this.read();
  }

  /**
   * Calls `onRecord` for each record from the event loop, until the consumer is closed: the fastest way to read. The
   * record is moved from call to call; decode what you keep.
   */
  consume(
    onRecord: (record: EventRecord<Event>) => void,
    options: ConsumeOptions = {},
  ): RingConsumer<Event> {
    return new RingConsumer(this.kernel, this, takeRecords(onRecord), options);
  }

  /**
   * Calls `onBatch` with all records that are there, from the event loop, until the consumer is closed: for those who
   * look at a few numbers of very many records. The batch is valid during the call.
   */
  consumeBatches(
    onBatch: (batch: EventBatch<Event>) => void,
    options: ConsumeOptions = {},
  ): RingConsumer<Event> {
    return new RingConsumer(this.kernel, this, takeBatches(onBatch), options);
  }

  /** A web stream of events. Cancelling it stops the reading. */
  stream(options: ReadOptions = {}): ReadableStream<Event> {
    return ReadableStream.from<Event>(this.read(options));
  }

  /** The events that are there now, without waiting. */
  *drain(limit: number = Infinity): Generator<Event, void> {
    for (let taken = 0; taken < limit && this.advance(); taken++) yield this.#decode();
  }

  /** The next events, at most `limit`, without taking them. */
  peek(limit = 1): Event[] {
    if (this.#next === this.#count) this.#fetch();
    const record = new EventRecord(this.spec);
    const until = Math.min(this.#count, this.#next + limit);
    return Array.from({ length: until - this.#next }, (_, index) => {
      this.#moveTo(record, this.#next + index);
      return record.event;
    });
  }

  /** Moves {@link record} to the next record; false when the ring is empty. For readers of their own kind. */
  advance(): boolean {
    if (this.#next === this.#count && !this.#fetch()) return false;
    this.#moveTo(this.#record, this.#next);
    this.#next += 1;
    this.#counters.events += 1;
    this.#counters.bytes += this.#record.length;
    return true;
  }

  /**
   * The next records where they lie in the ring; `undefined` when there are none. They stay there until `release`.
   * For readers of their own kind, which `consume` and `consumeBatches` are made of.
   */
  fetch(): EventBatch<Event> | undefined {
    const ring = this.#openRing();
    const left = this.#count - this.#next;
    if (left > 0)
      return this.#events.fill(this.#view, this.#batch.places.subarray(2 * this.#next), left);
    const count = ring.scan(this.#places);
    return count === 0 ? undefined : this.#events.fill(ring.data, this.#places, count);
  }

  /**
   * Takes the first `taken` records of the batch that `fetch` returned last: their space is free again, the rest
   * comes next.
   */
  release(taken: number): void {
    if (taken === 0 || this.closed) return;
    this.#counters.count(taken, this.#take(taken));
  }

  /** The record that the last `advance` moved to. */
  get record(): EventRecord<Event> {
    return this.#record;
  }

  /** Events for which programs found no room; `undefined` when the ring has no loss counter. */
  lost(): bigint | undefined {
    const values = this.#lossCounter?.get(0);
    return values && sum(values);
  }

  /** What has been read, lost and left. */
  statistics(): StreamStatistics {
    const pendingBytes = this.#openRing().pendingBytes();
    const { events, bytes, batches, errors } = this.#counters;
    const fill = pendingBytes / this.spec.maxEntries;
    const eventsPerSecond = this.#counters.takeRate();
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
    for (const reader of this.waiting) reader[Symbol.dispose]();
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

  #decode(): Event {
    try {
      return this.#record.event;
    } catch (error) {
      if (error instanceof MalformedError) this.#counters.errors += 1;
      throw error;
    }
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
    if (this.#count > 0) this.#counters.batches += 1;
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

/** Bytes of the first `count` records at these places. */
function bytesIn(places: Int32Array, count: number): number {
  let bytes = 0;
  for (let index = 0; index < count; index++) bytes += places[2 * index + 1]!;
  return bytes;
}

function newBatch(sizeBytes: number): RecordBatch {
  // The shortest record takes 8 bytes in a batch, an empty one none; places for one in 16 bytes are enough for most.
  return { bytes: new Uint8Array(sizeBytes), places: new Int32Array(2 * (sizeBytes / 16)) };
}
