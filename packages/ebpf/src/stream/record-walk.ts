/**
 * Going from record to record in memory that the kernel has written.
 *
 * Most records look like the one before. So `next` only compares a header with the one that was understood last; everything
 * else, also counting, happens where a header differs. Engines put that comparison into the loop of whoever reads, which
 * then needs no call for a record. What a record means to anybody is not known here.
 * @module
 */
import type { StreamCounters } from "./statistics.ts";

/** Which records to go over. */
export interface WalkRange {
  /** Where the first record starts, a multiple of 8. */
  readonly start: number;
  /** Bytes that were written from there on. */
  readonly bytes: number;
  /** Bytes from where on no record is begun any more; all of them when left out. */
  readonly most?: number;
  /** Whether the last record may go on elsewhere: it is left out then, as is all behind what makes no sense. */
  readonly cut?: boolean;
}

/** More than any memory has: before the first record no header is the usual one. */
const endless = 0x3fff_ffff;

/** A place between records, and the record before it. */
export abstract class RecordWalk {
  /** The memory. It may be for reading only: **writing to it ends the process** (SIGSEGV). */
  data: DataView = new DataView(new ArrayBuffer(0));
  /** Where in {@link data} the bytes of the record start that `next` moved to. */
  start = 0;
  /** How many they are. */
  length = 0;
  /** Records that had no room, as far as the memory tells. */
  lost = 0;
  /** Bytes of the record that goes on elsewhere, once the walk has come there. */
  torn = 0;
  /** What the records are called in messages. */
  protected readonly label: string;
  /** The memory as numbers that headers, or what matters of them, can be compared by. */
  protected abstract headers: Int32Array | Float64Array;
  /** The next record, from where on none is begun, and where what was written ends. */
  protected at = 0;
  protected limit = 0;
  protected end = 0;
  protected cut = false;
  /** The header of most records, what they take in the memory, and where their bytes start in that. */
  protected usual = 0;
  protected extent: number = endless;
  readonly #payloadAt: number;
  #from = 0;
  #runStart = 0;
  #records = 0;
  #bytes = 0;

  constructor(label: string, payloadAt: number) {
    this.label = label;
    this.#payloadAt = payloadAt;
  }

  /** Goes on with other records. */
  over(data: DataView, { start, bytes, most = bytes, cut = false }: WalkRange): this {
    if (data !== this.data) {
      this.data = data;
      this.headers = this.headersIn(data);
    }
    this.#closeRun();
    this.at = start;
    this.#from = start;
    this.#runStart = start;
    this.limit = start + Math.min(bytes, most);
    this.end = start + bytes;
    this.cut = cut;
    return this;
  }

  /** Moves to the next record; false when there is none. @throws {MalformedError} when what is there is no record. */
  abstract next(): boolean;

  /** Where the bytes of the record start that comes after the one at `start`; -1 when there is none. Notes nothing. */
  abstract after(start: number): number;

  protected abstract headersIn(data: DataView): Int32Array | Float64Array;

  /** Understands the next header, and passes over what no reader gets to see; false when no record is there. */
  protected abstract arrive(): boolean;

  /** Whether there is a next record. */
  ready(): boolean {
    this.#closeRun();
    const found = this.arrive();
    this.#runStart = this.at;
    return found;
  }

  /** Where the bytes of the next record start; -1 when there is none. */
  first(): number {
    return this.turn() ? this.start : -1;
  }

  /** Passes over all records that are left. */
  skip(): void {
    while (this.next());
  }

  /** Where the walk began. */
  get from(): number {
    return this.#from;
  }

  /** Bytes of the memory that were passed since. */
  get passed(): number {
    return this.at - this.#from;
  }

  /** Ends the walk: what is left is not shown, nor anything to those who ask later. Returns the bytes that were passed. */
  leave(): number {
    const { passed } = this;
    this.#from = this.at;
    this.limit = this.at;
    this.end = this.at;
    return passed;
  }

  /** Records that were moved to since they were counted. */
  get taken(): number {
    this.#closeRun();
    return this.#records;
  }

  /** Counts the records that were moved to since the last time, and returns how many. */
  settle(counters: StreamCounters): number {
    const { taken } = this;
    counters.count(taken, this.#bytes);
    this.forget();
    return taken;
  }

  /** Does not count the records that were moved to since the last time. */
  forget(): void {
    this.#closeRun();
    this.#records = 0;
    this.#bytes = 0;
  }

  /** What `next` does where a header is not the usual one. */
  protected turn(): boolean {
    if (!this.ready()) return false;
    this.start = this.at + this.#payloadAt;
    this.at += this.extent;
    return true;
  }

  /** The same for `after`, with the next record at `at`. */
  protected turnAt(at: number): number {
    if (at < this.#from || at > this.end) return -1; // not where this walk is
    this.at = at;
    return this.turn() ? this.start : -1;
  }

  /** Counts the records since the header changed: they are all alike. */
  #closeRun(): void {
    const records = (this.at - this.#runStart) / this.extent;
    this.#records += records;
    this.#bytes += records * this.length;
    this.#runStart = this.at;
  }
}
