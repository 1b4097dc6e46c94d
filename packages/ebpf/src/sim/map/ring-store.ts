/**
 * Ring buffers, laid out as in the kernel (kernel/bpf/ringbuf.c).
 *
 * A record has 8 bytes in front: its length with a bit that it is being written and one that it is discarded. The memory is
 * there twice in a row; a record that goes round the end lies in the second half, as in one piece. So a place is found by
 * the position of its start alone, and nothing has to be written twice.
 *
 *     31     30        29          0
 *     [ busy | discard | length     ]
 * @module
 */
import { alignUp, viewOf } from "../../base/bytes.ts";
import type { RingQuery } from "../../spec/kernel-side.ts";
import { failed } from "../errno.ts";
import { regionBase, type Memory } from "../vm/memory.ts";
import { MapStore, type StoreSetup } from "./store.ts";

const headerBytes = 8;
const busy = 0x8000_0000;
const discarded = 0x4000_0000;
const lengthMask = 0x3fff_ffff;

/** One ring buffer: programs reserve and settle, user space consumes. */
export class RingStore extends MapStore {
  readonly sizeBytes: number;
  /** Twice the size. */
  readonly data: DataView;
  /** Address of the data, for programs. */
  readonly address: bigint;
  readonly #memory: Memory;
  readonly #wake: () => void;
  /** Bytes written and read since the start. */
  produced = 0;
  consumed = 0;
  /** Reservations that found no room. */
  lost = 0;

  constructor({ attributes, label, memory }: StoreSetup, wake: () => void) {
    super();
    this.sizeBytes = attributes.maxEntries;
    const bytes = new Uint8Array(2 * this.sizeBytes);
    this.data = viewOf(bytes);
    this.#memory = memory;
    this.address = memory.allocate(label, bytes);
    this.#wake = wake;
  }

  /** Address of room for `length` bytes; 0 when there is none. */
  reserve(length: number): bigint {
    const total = alignUp(length + headerBytes, 8);
    if (length > lengthMask || total > this.sizeBytes) return 0n;
    if (this.produced + total - this.consumed > this.sizeBytes - 1) {
      this.lost += 1;
      return 0n;
    }
    const start = this.produced & (this.sizeBytes - 1);
    this.produced += total;
    this.data.setUint32(start, (length | busy) >>> 0, true);
    return this.address + BigInt(start + headerBytes);
  }

  /** Ends the reservation at `address`; false when there is none. */
  settle(address: bigint, outcome: "submit" | "discard"): boolean {
    const start = Number(address & 0xffff_ffffn) - regionBase - headerBytes;
    if (start < 0 || start >= this.sizeBytes || address >> 32n !== this.address >> 32n)
      return false;
    const header = this.data.getUint32(start, true);
    if ((header & busy) === 0) return false;
    const length = header & lengthMask;
    this.data.setUint32(start, (outcome === "submit" ? length : length | discarded) >>> 0, true);
    this.#wake();
    return true;
  }

  /** Writes a whole record: 0, or -EAGAIN when there is no room. */
  output(bytes: Uint8Array): number {
    const address = this.reserve(bytes.length);
    if (address === 0n) return failed.again;
    this.#memory.bytes(address, bytes.length, "write").set(bytes);
    this.settle(address, "submit");
    return 0;
  }

  /** The record at a position: its length, the bytes it takes, where its data start; undefined while it is written. */
  at(position: number): RingPlace | undefined {
    if (position >= this.produced) return undefined;
    const start = position & (this.sizeBytes - 1);
    const header = this.data.getUint32(start, true);
    if ((header & busy) !== 0) return undefined;
    const length = header & lengthMask;
    const total = alignUp(length + headerBytes, 8);
    return { length, total, start: start + headerBytes, discarded: (header & discarded) !== 0 };
  }

  /** What is asked for, in bytes. */
  query(what: RingQuery): number {
    const answers: { readonly [What in RingQuery]: number } = {
      avail_data: this.produced - this.consumed,
      ring_size: this.sizeBytes,
      cons_pos: this.consumed,
      prod_pos: this.produced,
    };
    return answers[what];
  }

  get readable(): boolean {
    return this.at(this.consumed) !== undefined;
  }

  find(): number {
    return failed.notSupported;
  }
  update(): number {
    return failed.notSupported;
  }
  delete(): number {
    return failed.notSupported;
  }
  next(): number {
    return failed.notSupported;
  }

  override free(): void {
    this.#memory.free(this.address);
  }
}

/** Where a record is. */
export interface RingPlace {
  readonly length: number;
  readonly total: number;
  readonly start: number;
  readonly discarded: boolean;
}
