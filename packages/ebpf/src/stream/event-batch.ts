/**
 * Many records, gone over where they lie: looking at a number in each costs two loads, no call and no object.
 * @module
 */
import type { EventSpec } from "../spec/map-spec.ts";
import { EventRecord } from "./event-record.ts";
import type { RecordWalk } from "./record-walk.ts";
import type { StreamCounters } from "./statistics.ts";

/**
 * Records in a row, to be gone over once: `while (batch.next()) sum += batch.data.getUint32(batch.start, true)`. One object
 * per stream, used again for every batch: what it shows is valid until the reader goes on.
 */
export class EventBatch<Event> {
  readonly #record: EventRecord<Event>;
  #walk: RecordWalk;
  #cpu: number | undefined;

  constructor(spec: EventSpec<Event>, walk: RecordWalk) {
    this.#record = new EventRecord(spec);
    this.#walk = walk;
  }

  /** Where the first record starts in {@link data}; -1 when there is none. */
  first(): number {
    return this.#walk.first();
  }

  /** Where the record starts that comes after the one at `start`; -1 behind the last one. */
  next(start: number): number {
    return this.#walk.after(start);
  }

  /**
   * The memory that the records lie in; keep it in a variable of the loop. It may be the ring itself, which is mapped for
   * reading only: **writing to it ends the process** (SIGSEGV).
   */
  get data(): DataView {
    return this.#walk.data;
  }

  /** Length in bytes of the record that was come to last. */
  get length(): number {
    return this.#walk.length;
  }

  /** The record at `start`: one object, moved along. */
  record(start: number): EventRecord<Event> {
    const { data, length } = this.#walk;
    this.#record.moveTo(data, start, length, this.#cpu);
    return this.#record;
  }

  /** Takes the next record: the same object; `undefined` when there is none. Not to be mixed with `next`. */
  take(): EventRecord<Event> | undefined {
    return this.#walk.next() ? this.record(this.#walk.start) : undefined;
  }

  /** How many records were taken. */
  get taken(): number {
    return this.#walk.taken;
  }

  /** The CPU that wrote the records, in perf buffers; ring buffers do not tell. */
  get cpu(): number | undefined {
    return this.#cpu;
  }

  /** Takes what is left. Returns where the last record starts. */
  skip(): number {
    this.#walk.skip();
    return this.#walk.start;
  }

  /** Counts the records that were taken. */
  settle(counters: StreamCounters): number {
    return this.#walk.settle(counters);
  }

  /** Shows the records of another walk. */
  of(walk: RecordWalk, cpu?: number): this {
    this.#walk = walk;
    this.#cpu = cpu;
    return this;
  }
}
