/**
 * One record of a ring buffer: where its bytes are, and the event in it when somebody asks.
 * @module
 */
import { viewOf } from "../base/bytes.ts";
import { MalformedError } from "../base/errors.ts";
import type { RecordBatch } from "../kernel/kernel.ts";
import type { RingbufSpec } from "../spec/map-spec.ts";

/**
 * The record a reader stands on. There is one object per ring buffer, moved from record to record, so that reading
 * allocates nothing: what it shows is valid until the reader goes on.
 */
export class EventRecord<Event> {
  readonly #spec: RingbufSpec<Event>;
  /** A whole event in zeros, for records that leave out the end of theirs. */
  readonly #padded: Uint8Array;
  readonly #paddedView: DataView;
  #view: DataView = new DataView(new ArrayBuffer(0));
  #offset = 0;
  #length = 0;

  constructor(spec: RingbufSpec<Event>) {
    this.#spec = spec;
    this.#padded = new Uint8Array(spec.value.size);
    this.#paddedView = viewOf(this.#padded);
  }

  /** The memory the record is in, together with others. */
  get view(): DataView {
    return this.#view;
  }

  /** Where the record starts in {@link view}, in bytes. */
  get offset(): number {
    return this.#offset;
  }

  /** Length of the record in bytes. */
  get length(): number {
    return this.#length;
  }

  /** The record's bytes, in place. */
  get bytes(): Uint8Array {
    return new Uint8Array(this.#view.buffer, this.#view.byteOffset + this.#offset, this.#length);
  }

  /**
   * The event, decoded now.
   * @throws {MalformedError} when the record is shorter than an event can be.
   */
  get event(): Event {
    const { value } = this.#spec;
    if (this.#length >= value.size) return value.read(this.#view, this.#offset);
    return this.#readShort();
  }

  /** Moves to record `index` of a batch. */
  moveTo(batch: RecordBatch, view: DataView, index: number): void {
    this.#view = view;
    this.#offset = batch.places[2 * index]!;
    this.#length = batch.places[2 * index + 1]!;
  }

  #readShort(): Event {
    const { name, value, minEventBytes } = this.#spec;
    if (this.#length < minEventBytes) {
      throw new MalformedError(
        "EVENT",
        `record of ${this.#length} bytes is shorter than the ${minEventBytes} of ${value.name}`,
        { path: [`ring buffer "${name}"`], hint: "let program and ringbuf use the same layout" },
      );
    }
    this.#padded.fill(0);
    this.#padded.set(this.bytes);
    return value.read(this.#paddedView, 0);
  }
}
