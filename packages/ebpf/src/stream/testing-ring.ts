/**
 * A ring buffer in memory, for tests: it takes records of any length, one behind the other, and never goes round.
 * @module
 */
import { alignUp, viewOf } from "../base/bytes.ts";
import type { Handle } from "../kernel/handle.ts";
import type { Kernel, RecordBatch, RingAccess } from "../kernel/kernel.ts";
import type { Layout } from "../layout/layout.ts";
import { ringbuf } from "../spec/ringbuf.ts";
import { RingBuffer } from "./ring-buffer.ts";

/** The ring, and its writing end. */
export interface TestRing<Event> {
  readonly ring: RingBuffer<Event>;
  /** Writes records. */
  readonly write: (...records: readonly Uint8Array[]) => void;
}

const sizeBytes = 4096;

/** A ring of events of `layout`. */
export function testRing<Event>(layout: Layout<Event>): TestRing<Event> {
  const access = new MemoryRing();
  const readers = new Set<() => void>();
  const kernel = {
    openRing: () => access,
    watch: (_: unknown, onReadable: () => void) => {
      readers.add(onReadable);
      return { ref: () => {}, unref: () => {}, close: () => void readers.delete(onReadable) };
    },
  } as unknown as Kernel;
  const handle = { closed: false, close: () => void Object.assign(handle, { closed: true }) };
  const ring = new RingBuffer({
    kernel,
    spec: ringbuf("events", layout, sizeBytes),
    handle: handle as unknown as Handle,
  });
  const write = (...records: readonly Uint8Array[]): void => {
    for (const record of records) access.write(record);
    for (const onReadable of readers) onReadable();
  };
  return { ring, write };
}

class MemoryRing implements RingAccess {
  readonly sizeBytes = sizeBytes;
  readonly #bytes = new Uint8Array(sizeBytes);
  readonly data: DataView = viewOf(this.#bytes);
  /** Start and length of the records that were not read. */
  #records: (readonly [number, number])[] = [];
  #end = 0;

  write(record: Uint8Array): void {
    this.#bytes.set(record, this.#end);
    this.#records.push([this.#end, record.length]);
    this.#end += alignUp(record.length, 8);
  }

  scan(places: Int32Array): number {
    places.set(this.#records.flat());
    return this.#records.length;
  }

  release(end: number = this.#end): number {
    const read = this.#records.filter(([start, length]) => alignUp(start + length, 8) <= end);
    this.#records = this.#records.slice(read.length);
    return read.reduce((total, [, length]) => total + length, 0);
  }

  drain(batch: RecordBatch): number {
    const count = this.peek(batch);
    this.#records = [];
    return count;
  }

  peek({ bytes, places }: RecordBatch): number {
    bytes.set(this.#bytes.subarray(0, bytes.length));
    return this.scan(places);
  }

  pendingBytes(): number {
    return this.#records.reduce((total, [, length]) => total + length, 0);
  }

  close(): void {}

  [Symbol.dispose](): void {}
}
