/**
 * Reading a ring where its records lie, or out of a copy.
 *
 * Records are looked at in the memory that the kernel wrote, and their space is given back when the reader has passed them.
 * A record that goes round the end of memory which is mapped once is put together elsewhere. Those who take their time copy
 * many records first, so that the kernel has the space again.
 * @module
 */
import type { RecordMemory } from "../kernel/event-ring.ts";
import type { RecordWalk, WalkRange } from "./record-walk.ts";

/** Bytes looked at, or copied, before their space is given back: a part of a large ring, a small one as a whole. */
const leastAtOnce = 1 << 18;
const shareAtOnce = 4;

/** The reading of one ring in place. */
export class RingReader {
  readonly #memory: RecordMemory;
  readonly #walk: RecordWalk;
  /** For a record that goes round the end. */
  readonly #joined: RecordCopy;
  readonly #most: number;
  #current: RecordWalk;

  /** `newWalk` makes walks over records of this kind. */
  constructor(memory: RecordMemory, newWalk: () => RecordWalk) {
    this.#memory = memory;
    this.#walk = newWalk();
    this.#joined = new RecordCopy(newWalk());
    this.#current = this.#walk;
    this.#most = Math.max(leastAtOnce, memory.sizeBytes / shareAtOnce);
  }

  /** Before the records that nobody has taken, where they lie; `undefined` when there are none. Valid until `release`. */
  fetch(): RecordWalk | undefined {
    this.#release(); // a callback may read on by other means
    for (;;) {
      const bytes = this.#memory.find(this.#most);
      if (bytes === 0) return undefined;
      if (this.#begin(bytes).ready()) return this.#current;
      const passed = this.#release();
      if (passed === 0) return undefined;
    }
  }

  /** Gives back the space of what was passed. */
  release(): void {
    this.#release();
  }

  /** Records that had no room, as far as was read. */
  get lost(): number {
    return this.#walk.lost + this.#joined.walk.lost;
  }

  /** Ends walks that are under way: the memory is gone. */
  close(): void {
    this.#walk.over(new DataView(new ArrayBuffer(0)), { start: 0, bytes: 0 });
    this.#joined.clear();
  }

  #begin(bytes: number): RecordWalk {
    const { data, start } = this.#memory;
    const inOnePiece = Math.min(bytes, data.byteLength - start);
    const cut = inOnePiece < bytes;
    this.#current = this.#walk.over(data, { start, bytes: inOnePiece, most: this.#most, cut });
    if (!cut || this.#walk.ready() || this.#walk.passed > 0) return this.#current;
    this.#current = this.#joined.join(data, start, Math.min(bytes, this.#walk.torn));
    return this.#current;
  }

  #release(): number {
    const passed = this.#current.leave();
    if (passed > 0) this.#memory.release(passed);
    return passed;
  }
}

/** Memory that records are copied to, and a walk over it. */
export class RecordCopy {
  readonly walk: RecordWalk;
  /** Empty until the first record, so that what nobody reads costs nothing. */
  #bytes: Uint8Array = new Uint8Array(0);
  #view: DataView = new DataView(new ArrayBuffer(0));
  #filled = 0;

  constructor(walk: RecordWalk) {
    this.walk = walk;
  }

  /** Moves many records from a ring here; false when it has none. */
  refill(reader: RingReader): boolean {
    const walk = reader.fetch();
    if (walk === undefined) return false;
    walk.skip();
    walk.forget();
    this.take(walk.data, { start: walk.from, bytes: walk.passed });
    reader.release();
    return true;
  }

  /** Copies memory that goes on at its start, and begins before the first record. */
  take(data: DataView, { start, bytes, most = bytes, cut = false }: WalkRange): RecordWalk {
    this.#makeRoom(bytes);
    const source = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const first = Math.min(bytes, source.length - start);
    this.#bytes.set(source.subarray(start, start + first));
    this.#bytes.set(source.subarray(0, bytes - first), first);
    this.#filled = bytes;
    return this.walk.over(this.#view, { start: 0, bytes, most, cut });
  }

  /** Copies one record that goes round the end, by a few lines that the engine has at hand. */
  join(data: DataView, start: number, bytes: number): RecordWalk {
    if (this.#bytes.length < bytes) this.#makeRoom(bytes);
    const own = this.#view;
    const behind = data.byteLength - start;
    for (let at = 0; at < bytes; at += 4) {
      own.setInt32(at, data.getInt32(at < behind ? start + at : at - behind));
    }
    this.#filled = bytes;
    return this.walk.over(own, { start: 0, bytes, most: 8 });
  }

  /** Sets `walk` over what is left here. */
  look(walk: RecordWalk): RecordWalk {
    const { from, passed } = this.walk;
    const start = from + passed;
    return walk.over(this.#view, { start, bytes: this.#filled - start });
  }

  /** Forgets what is here. */
  clear(): void {
    this.#filled = 0;
    this.walk.over(this.#view, { start: 0, bytes: 0 });
  }

  #makeRoom(bytes: number): void {
    if (this.#bytes.length >= bytes) return;
    this.#bytes = new Uint8Array(Math.max(bytes, 2 * this.#bytes.length));
    this.#view = new DataView(this.#bytes.buffer);
  }
}
