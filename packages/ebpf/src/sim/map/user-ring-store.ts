/**
 * User ring buffers: user space writes records, programs take them (kernel/bpf/ringbuf.c).
 *
 * Laid out as ring buffers are, the other way round.
 * @module
 */
import { alignUp, viewOf } from "../../base/bytes.ts";
import { failed } from "../errno.ts";
import type { Memory } from "../vm/memory.ts";
import { MapStore, type StoreSetup } from "./store.ts";

const headerBytes = 8;
const busy = 0x8000_0000;
const discarded = 0x4000_0000;
const lengthMask = 0x3fff_ffff;

/** A record that a program takes. */
export interface UserRecord {
  readonly address: bigint;
  readonly length: number;
}

/** One user ring buffer. */
export class UserRingStore extends MapStore {
  readonly sizeBytes: number;
  /** Twice the size. */
  readonly data: DataView;
  readonly #memory: Memory;
  readonly #address: bigint;
  #produced = 0;
  #consumed = 0;
  readonly #waiting = new Set<() => void>();

  constructor({ attributes, label, memory }: StoreSetup) {
    super();
    this.sizeBytes = attributes.maxEntries;
    const bytes = new Uint8Array(2 * this.sizeBytes);
    this.data = viewOf(bytes);
    this.#memory = memory;
    this.#address = memory.allocate(label, bytes);
  }

  get pending(): number {
    return this.#produced - this.#consumed;
  }

  /** Reserves room: where it starts in {@link data}, -E2BIG when it never fits, -ENOSPC when it does not now. */
  reserve(length: number): number {
    const total = alignUp(length + headerBytes, 8);
    if (total > this.sizeBytes) return failed.tooBig;
    if (this.pending + total > this.sizeBytes) return failed.noSpace;
    const start = this.#produced & (this.sizeBytes - 1);
    this.#produced += total;
    this.data.setUint32(start, (length | busy) >>> 0, true);
    return start + headerBytes;
  }

  /** Hands over what was reserved at a place, or takes it back; -EINVAL when nothing was. */
  settle(place: number, outcome: "commit" | "discard"): number {
    const start = place - headerBytes;
    if (start < 0 || start >= this.sizeBytes) return failed.invalid;
    const header = this.data.getUint32(start, true);
    if ((header & busy) === 0) return failed.invalid;
    const length = header & lengthMask;
    this.data.setUint32(start, (outcome === "commit" ? length : length | discarded) >>> 0, true);
    return 0;
  }

  /** Takes the next record; `undefined` when there is none, or it is still being written. Discarded ones are passed over. */
  takeRecord(): UserRecord | undefined {
    while (this.#consumed < this.#produced) {
      const start = this.#consumed & (this.sizeBytes - 1);
      const header = this.data.getUint32(start, true);
      if ((header & busy) !== 0) return undefined;
      const length = header & lengthMask;
      this.#consumed += alignUp(length + headerBytes, 8);
      if ((header & discarded) !== 0) continue;
      return { address: this.#address + BigInt(start + headerBytes), length };
    }
    return undefined;
  }

  /** Tells those that wait for room that there is some. */
  wakeWriters(): void {
    for (const onRoom of this.#waiting) onRoom();
  }

  /** Calls `onRoom` whenever programs have made room; disposing ends that. */
  whenRoom(onRoom: () => void): Disposable {
    this.#waiting.add(onRoom);
    return { [Symbol.dispose]: () => void this.#waiting.delete(onRoom) };
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
    this.#memory.free(this.#address);
  }
}
