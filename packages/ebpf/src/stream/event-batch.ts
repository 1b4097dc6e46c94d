/**
 * Many records at once, where they lie: looking at a number in each costs a load and no object.
 * @module
 */
import type { EventSpec } from "../spec/map-spec.ts";
import { EventRecord } from "./event-record.ts";

/**
 * Records in a row. One object per stream, filled again for every batch: what it shows is valid until the reader
 * goes on.
 */
export class EventBatch<Event> {
  readonly #record: EventRecord<Event>;
  #data: DataView = new DataView(new ArrayBuffer(0));
  #places: Int32Array = new Int32Array();
  #length = 0;
  #cpu: number | undefined;

  constructor(spec: EventSpec<Event>) {
    this.#record = new EventRecord(spec);
  }

  /** Number of records. */
  get length(): number {
    return this.#length;
  }

  /** The CPU that wrote the records, in perf buffers; ring buffers do not tell. */
  get cpu(): number | undefined {
    return this.#cpu;
  }

  /**
   * The memory the records lie in, for those who count nanoseconds: keep it and {@link places} in variables of the
   * loop. It may be the ring itself, which is mapped for reading only: **writing to it ends the process** (SIGSEGV).
   */
  get data(): DataView {
    return this.#data;
  }

  /** Start in {@link data} and length of each record, two numbers each. */
  get places(): Int32Array {
    return this.#places;
  }

  /** The record with this index: one object, moved from call to call. */
  record(index: number): EventRecord<Event> {
    const places = this.#places;
    this.#record.moveTo(this.#data, places[2 * index]!, places[2 * index + 1]!, this.#cpu);
    return this.#record;
  }

  /** Shows `length` records that lie in `data` at `places`. */
  fill(data: DataView, places: Int32Array, length: number, cpu?: number): this {
    this.#cpu = cpu;
    this.#data = data;
    this.#places = places;
    this.#length = length;
    return this;
  }
}
