/**
 * What live maps of events have in common: the ways of reading them.
 *
 * A map says how it gets at records: one by one (`advance`), or many at once (`fetch` and `release`). Iterating, callbacks
 * and web streams are made of that. A reader that stops half-way loses nothing: the next one goes on where it stopped.
 * @module
 */
import { MalformedError } from "../base/errors.ts";
import { BpfMap } from "../map/bpf-map.ts";
import type { EventSpec, MapSpec } from "../spec/map-spec.ts";
import type { EventBatch } from "./event-batch.ts";
import type { EventRecord } from "./event-record.ts";
import { nextTurn, Readiness, type Waitable } from "./readiness.ts";
import { type ConsumeOptions, RingConsumer, takeBatches, takeRecords } from "./ring-consumer.ts";
import { StreamCounters, type StreamStatistics } from "./statistics.ts";
import { assertReadOptions, limitOf, type ReadOptions } from "./waiting.ts";
import { webStream } from "./web-stream.ts";

export type { ReadOptions } from "./waiting.ts";

/** Batches a reader takes in a row before it lets the event loop run. */
const batchesPerTurn = 16;

/** A live map of events. Iterating over it waits for events and yields them; leaving the loop stops. */
export abstract class EventMap<
  Event,
  Spec extends MapSpec & EventSpec<Event> = MapSpec & EventSpec<Event>,
>
  extends BpfMap<Spec>
  implements AsyncIterable<Event>, Waitable
{
  protected readonly counters: StreamCounters = new StreamCounters();
  /** Readers that wait for events; closing the map ends them. */
  readonly waiting: Set<Disposable> = new Set();

  /** Moves {@link record} to the next record; false when there is none. For readers of their own kind. */
  abstract advance(): boolean;

  /** The record that the last `advance` moved to. */
  abstract get record(): EventRecord<Event>;

  /**
   * The next records; `undefined` when there are none. They stay until `release`. For readers of their own kind, which
   * `consume` and `consumeBatches` are made of.
   */
  abstract fetch(): EventBatch<Event> | undefined;

  /** Takes the records of the batch that its `next` has moved to; the rest comes next. */
  abstract release(): void;

  /** Events for which there was no room; `undefined` when that is not known. */
  abstract lost(): bigint | undefined;

  /** What has been read, lost and left. */
  abstract statistics(): StreamStatistics;

  /**
   * Events as they come: `for await (const event of events.read({ signal }))`. Leaving the loop, the signal, the limit
   * and the time-out end it; events not yet yielded stay for the next reader.
   * @throws {MalformedError} when a record is shorter than the layout; reading can be taken up again behind it.
   * @throws {InvalidArgumentError} for a limit or time-out that cannot be meant.
   */
  read(options: ReadOptions = {}): AsyncGenerator<Event, void> {
    assertReadOptions(options);
    return this.readEach(options, () => this.decode());
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
   * Calls `onBatch` with many records at once, from the event loop, until the consumer is closed: for those who look at a
   * few numbers of very many records. The batch is valid during the call; what the call leaves of it is passed over, but
   * stays when the call throws.
   */
  consumeBatches(
    onBatch: (batch: EventBatch<Event>) => void,
    options: ConsumeOptions = {},
  ): RingConsumer<Event> {
    return new RingConsumer(this.kernel, this, takeBatches(onBatch), options);
  }

  /** A web stream of events, taken when they are read. Cancelling it stops the reading. */
  stream(options: ReadOptions = {}): ReadableStream<Event> {
    return webStream(this, options);
  }

  /** The events that are there now, without waiting. */
  *drain(limit: number = Infinity): Generator<Event, void> {
    limitOf({ limit });
    for (let taken = 0; taken < limit && this.advance(); taken++) yield this.decode();
  }

  /**
   * Calls `onBatch` with the records that are there now, many at once, without waiting: what is left when programs were
   * detached, or a turn of a loop of one's own. Returns how many records were taken. Batches are as in `consumeBatches`.
   */
  drainBatches(onBatch: (batch: EventBatch<Event>) => void): number {
    const take = takeBatches(onBatch);
    let taken = 0;
    for (let batch = this.fetch(); batch !== undefined; batch = this.fetch()) {
      try {
        take(batch);
      } finally {
        taken += batch.taken;
        this.release();
      }
    }
    return taken;
  }

  /** Ends those who wait, before what they wait for is closed. */
  protected endReaders(): void {
    for (const reader of this.waiting) reader[Symbol.dispose]();
  }

  /** Waits for records and yields what `show` makes of the one that {@link record} stands on. */
  protected async *readEach<Shown>(
    options: ReadOptions,
    show: () => Shown,
  ): AsyncGenerator<Shown, void> {
    const limit = limitOf(options);
    using readiness = new Readiness(this.kernel, [this], options);
    let yielded = 0;
    let turnEnds = this.counters.batches + batchesPerTurn;
    while (yielded < limit && !readiness.ended) {
      if (this.advance()) {
        yielded += 1;
        yield show();
      } else if (!(await readiness.wait())) {
        return;
      }
      if (this.counters.batches >= turnEnds) {
        await nextTurn();
        turnEnds = this.counters.batches + batchesPerTurn;
      }
    }
  }

  /** The event of {@link record}; one that is too short is counted. */
  protected decode(): Event {
    try {
      return this.record.event;
    } catch (error) {
      if (error instanceof MalformedError) this.counters.errors += 1;
      throw error;
    }
  }
}
