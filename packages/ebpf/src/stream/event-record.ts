/**
 * One record of a stream of events: where its bytes are, and the event in it when somebody asks.
 * @module
 */
import { littleEndian as machineIsLittleEndian, viewOf } from "../base/bytes.ts";
import { MalformedError } from "../base/errors.ts";
import { wholeRecord } from "../layout/whole-record.ts";
import type { EventSpec } from "../spec/map-spec.ts";

/** A constant of this module: the engine folds it, while it would load an imported one at every use. */
const littleEndian = machineIsLittleEndian;

/**
 * The record a reader stands on. There is one object per stream, moved from record to record, so that reading
 * allocates nothing: what it shows is valid until the reader goes on.
 */
export class EventRecord<Event> {
  readonly #spec: EventSpec<Event>;
  readonly #isUnknown: boolean;
  /** A whole event in zeros, for records that leave out the end of theirs. */
  readonly #padded: Uint8Array;
  readonly #paddedView: DataView;
  #view: DataView = new DataView(new ArrayBuffer(0));
  #offset = 0;
  #length = 0;
  #cpu: number | undefined;

  constructor(spec: EventSpec<Event>) {
    this.#spec = spec;
    this.#isUnknown = Object.is(spec.value, wholeRecord);
    this.#padded = new Uint8Array(spec.value.size);
    this.#paddedView = viewOf(this.#padded);
  }

  /** Length of the record in bytes. */
  get length(): number {
    return this.#length;
  }

  /** The CPU that wrote the record, in perf buffers; ring buffers do not tell. */
  get cpu(): number | undefined {
    return this.#cpu;
  }

  /** A copy of the record's bytes. */
  get bytes(): Uint8Array {
    return new Uint8Array(
      this.#view.buffer,
      this.#view.byteOffset + this.#offset,
      this.#length,
    ).slice();
  }

  /**
   * The 8-bit number `at` bytes into the record. Like its siblings it allocates nothing and does not check against
   * the length.
   */
  getUint8(at: number): number {
    return this.#view.getUint8(this.#offset + at);
  }

  /** The 16-bit number `at` bytes into the record, in the order of this machine. */
  getUint16(at: number): number {
    return this.#view.getUint16(this.#offset + at, littleEndian);
  }

  /** The 32-bit number `at` bytes into the record, in the order of this machine. */
  getUint32(at: number): number {
    return this.#view.getUint32(this.#offset + at, littleEndian);
  }

  /** The 64-bit number `at` bytes into the record, in the order of this machine. */
  getBigUint64(at: number): bigint {
    return this.#view.getBigUint64(this.#offset + at, littleEndian);
  }

  /**
   * The event, decoded now.
   * @throws {MalformedError} when the record is shorter than an event can be.
   */
  get event(): Event {
    if (this.#isUnknown) return this.bytes as Event;
    const { value } = this.#spec;
    if (this.#length >= value.size) return value.read(this.#view, this.#offset);
    return this.#readShort();
  }

  /** Moves to the record of `length` bytes at `offset` of `view`. */
  moveTo(view: DataView, offset: number, length: number, cpu?: number): void {
    this.#cpu = cpu;
    this.#view = view;
    this.#offset = offset;
    this.#length = length;
  }

  #readShort(): Event {
    const { name, value, minEventBytes } = this.#spec;
    if (this.#length < minEventBytes) {
      throw new MalformedError(
        "EVENT",
        `record of ${this.#length} bytes is shorter than the ${minEventBytes} of ${value.name}`,
        { path: [`events of "${name}"`], hint: "let program and map use the same layout" },
      );
    }
    this.#padded.fill(0);
    this.#padded.set(this.bytes);
    return value.read(this.#paddedView, 0);
  }
}
