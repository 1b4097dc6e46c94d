/**
 * A ring buffer in memory, for tests: it takes records of any length, one behind the other, and never goes round.
 * @module
 */
import { alignUp, littleEndian, viewOf } from "../base/bytes.ts";
import type { Handle } from "../kernel/handle.ts";
import type { Kernel, RingAccess } from "../kernel/kernel.ts";
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
const headerBytes = 8;

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
  start = 0;
  #end = 0;

  /** Writes a record as programs do that submit it at once. */
  write(record: Uint8Array): void {
    this.data.setUint32(this.#end, record.length, littleEndian);
    this.#bytes.set(record, this.#end + headerBytes);
    this.#end += alignUp(headerBytes + record.length, 8);
  }

  find(): number {
    return this.#end - this.start;
  }

  release(bytes: number): void {
    this.start += bytes;
  }

  pendingBytes(): number {
    return this.find();
  }

  close(): void {}

  [Symbol.dispose](): void {}
}
