/**
 * The reading end of a ring buffer: where records lie, and giving back their space.
 * @module
 */
import type { Bridge } from "@ts-ebpf/native";
import { alignUp, littleEndian } from "../../base/bytes.ts";
import { ClosedError, InvalidArgumentError, MalformedError } from "../../base/errors.ts";
import type { RingAccess } from "../../kernel/kernel.ts";
import { raise } from "../call/failure.ts";
import type { Fd } from "../fd.ts";

const notThis = { kind: "other", reason: "it is not a ring buffer of this size" } as const;

// include/uapi/asm-generic/mman-common.h; the same on all architectures.
const protRead = 1;
const protReadWrite = 3;
const mapShared = 1;

/** Place of the lower half of a position in its page, in words of 32 bits. */
const low = littleEndian ? 0 : 1;
const headerBytes = 8;
const recordAlignment = 8;
/** BPF_RINGBUF_DISCARD_BIT of include/uapi/linux/bpf.h. */
const discarded = 1 << 30;

/** How a processor reads memory that another one writes. */
export interface ReadOrder {
  /**
   * Whether its loads keep their order. Such a reader need not ask which records are made: where it sees that one is, it
   * sees the record.
   */
  readonly inOrder: boolean;
}

const thisProcessor: ReadOrder = { inOrder: process.arch === "x64" };

/**
 * A ring buffer mapped into this process (kernel/bpf/ringbuf.c). Only one reader may take records out of a ring.
 *
 *     page 0             page 1             from page 2: the data, mapped twice in a row
 *     +------------------+------------------+----------------------+----------------------+
 *     | consumer's       | producer's       | record record …      | the same again       |
 *     | position, ours   | position, for    |                      |                      |
 *     | to write         | reading only     |                      |                      |
 *     +------------------+------------------+----------------------+----------------------+
 *
 * Positions are 64-bit numbers that only grow. Their lower half is enough to read: a place in the data is a position modulo
 * its size, and thanks to the second mapping a record that passes the end is in one piece. The kernel sets the length of a
 * record, with the busy bit, before it publishes the producer's position, and clears the bit last.
 */
export class NativeRing implements RingAccess {
  readonly sizeBytes: number;
  /** Where in {@link data} what was found begins. */
  start = 0;
  readonly #bridge: Bridge;
  readonly #label: string;
  readonly #inOrder: boolean;
  readonly #producer: Int32Array;
  readonly #headers: Int32Array;
  readonly #data: DataView;
  /** `undefined` once closed. */
  #consumer: Int32Array | undefined;

  constructor(bridge: Bridge, map: Fd, sizeBytes: number, { inOrder }: ReadOrder = thisProcessor) {
    const page = bridge.pageSize();
    using stack = new DisposableStack();
    const mapped = (offset: number, length: number, protection: number): ArrayBuffer =>
      stack.adopt(mapPart(bridge, map, { offset, length, protection }), bridge.unmap);
    const consumer = mapped(0, page, protReadWrite);
    const memory = mapped(page, page + 2 * sizeBytes, protRead);
    this.sizeBytes = sizeBytes;
    this.#bridge = bridge;
    this.#label = map.label;
    this.#inOrder = inOrder;
    this.#consumer = new Int32Array(consumer);
    this.#producer = new Int32Array(memory, 0, 2);
    this.#headers = new Int32Array(memory, page);
    this.#data = new DataView(memory, page);
    stack.move();
  }

  get data(): DataView {
    this.#open();
    return this.#data;
  }

  find(enough: number): number {
    const bytes = this.#written();
    return this.#inOrder ? bytes : this.#made(bytes, enough);
  }

  release(bytes: number): void {
    const consumer = this.#open();
    if (!(bytes >= 0 && bytes <= this.#written()) || bytes % recordAlignment !== 0)
      throw this.#notThere(bytes);
    const position = (consumer[low]! + bytes) | 0; // only we write it
    if (position >>> 0 >= bytes) return void Atomics.store(consumer, low, position);
    // The kernel reads both halves at once, so where both change they have to change at once.
    const whole = new BigInt64Array(consumer.buffer, 0, 1);
    Atomics.store(whole, 0, whole[0]! + BigInt(bytes));
  }

  pendingBytes(): number {
    return this.#written();
  }

  close(): void {
    if (this.#consumer === undefined) return;
    this.#bridge.unmap(this.#consumer.buffer as ArrayBuffer);
    this.#consumer = undefined;
    this.#bridge.unmap(this.#data.buffer as ArrayBuffer);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Bytes that the kernel has begun to write. Others can map our page too, and a wrong position must lead nowhere. */
  #written(): number {
    const from = this.#open()[low]!;
    const bytes = (Atomics.load(this.#producer, low) - from) >>> 0;
    if (from % recordAlignment !== 0 || bytes > this.sizeBytes) throw this.#nonsense(from, bytes);
    this.start = from & (this.sizeBytes - 1);
    return bytes;
  }

  /**
   * Bytes of records that are made, up to the first one that is not, or until there are enough. A length that leads too far is
   * left to the reader to find.
   */
  #made(bytes: number, enough: number): number {
    let found = 0;
    while (found < bytes && found < enough) {
      const header = Atomics.load(this.#headers, (this.start + found) >> 2);
      const isBusy = header < 0; // BPF_RINGBUF_BUSY_BIT, the highest
      if (isBusy) break;
      const extent = alignUp(headerBytes + (header & ~discarded), recordAlignment);
      if (extent > bytes - found) return bytes;
      found += extent;
    }
    return found;
  }

  #notThere(bytes: number): InvalidArgumentError {
    const what = `${bytes} bytes of ${this.#label} cannot be released`;
    return new InvalidArgumentError(what, {
      hint: "release whole records that were found, once",
    });
  }

  #nonsense(from: number, bytes: number): MalformedError {
    return new MalformedError("RECORD", `${bytes} bytes from ${from >>> 0} are no part of it`, {
      path: [this.#label],
      offset: 0,
      hint: "let only one reader take records out of a ring",
    });
  }

  #open(): Int32Array {
    if (this.#consumer === undefined) throw new ClosedError(this.#label);
    return this.#consumer;
  }
}

/** A part of what a ring shows, and what may be done with it. */
interface Part {
  readonly offset: number;
  readonly length: number;
  readonly protection: number;
}

function mapPart(bridge: Bridge, map: Fd, { offset, length, protection }: Part): ArrayBuffer {
  const memory = bridge.map(map.raw, length, protection, mapShared, offset);
  if (typeof memory !== "number") return memory;
  return raise(-memory, {
    text: `map ${map.label} into memory`,
    meanings: { EINVAL: notThis, ENOTSUPP: notThis, EOPNOTSUPP: notThis },
  });
}
