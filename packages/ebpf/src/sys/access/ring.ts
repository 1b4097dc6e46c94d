/**
 * The reading end of a ring buffer: records are copied out natively, many in one go.
 * @module
 */
import type { Bridge, Ring } from "@ts-ebpf/native";
import { ClosedError, InvalidArgumentError } from "../../base/errors.ts";
import type { RecordBatch, RingAccess } from "../../kernel/kernel.ts";
import { errno } from "../call/errno.ts";
import { raise } from "../call/failure.ts";
import type { Fd } from "../fd.ts";

const notThis = { kind: "other", reason: "it is not a ring buffer of this size" } as const;
const tooLarge = -errno.ENOSPC;
/** What `Bridge.ringRelease` takes for all that was scanned. */
const everything = -1;

// include/uapi/asm-generic/mman-common.h; the same on all architectures.
const protRead = 1;
const mapShared = 1;

/** A ring buffer mapped into this process. Only one reader may take records out of a ring. */
export class NativeRing implements RingAccess {
  readonly sizeBytes: number;
  readonly #bridge: Bridge;
  readonly #label: string;
  readonly #map: Fd;
  #ring: Ring | undefined;
  #data: DataView | undefined;

  constructor(bridge: Bridge, map: Fd, sizeBytes: number) {
    const ring = bridge.ringOpen(map.raw, sizeBytes);
    if (typeof ring === "number") {
      raise(-ring, {
        text: `map ${map.label} into memory`,
        meanings: { EINVAL: notThis, ENOTSUPP: notThis, EOPNOTSUPP: notThis },
      });
    }
    this.#bridge = bridge;
    this.#map = map;
    this.#ring = ring;
    this.#label = map.label;
    this.sizeBytes = sizeBytes;
  }

  drain(batch: RecordBatch): number {
    return this.#checked(this.#bridge.ringDrain(this.#open(), batch.bytes, batch.places, 1), batch);
  }

  peek(batch: RecordBatch): number {
    return this.#checked(this.#bridge.ringDrain(this.#open(), batch.bytes, batch.places, 0), batch);
  }

  get data(): DataView {
    this.#open();
    return (this.#data ??= this.#mapData());
  }

  scan(places: Int32Array): number {
    const result = this.#bridge.ringScan(this.#open(), places);
    if (result < 0) raise(-result, { text: `read ${this.#label}` });
    return result;
  }

  release(end: number = everything): number {
    const result = this.#bridge.ringRelease(this.#open(), end);
    if (result < 0) raise(-result, { text: `release records of ${this.#label}` });
    return result;
  }

  pendingBytes(): number {
    return this.#bridge.ringPending(this.#open());
  }

  close(): void {
    if (this.#ring === undefined) return;
    this.#bridge.ringClose(this.#ring);
    this.#ring = undefined;
    if (this.#data !== undefined) this.#bridge.unmap(this.#data.buffer as ArrayBuffer);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Behind the page of the producer's position lie the data, twice; both are for reading only. */
  #mapData(): DataView {
    const page = this.#bridge.pageSize();
    const length = page + 2 * this.sizeBytes;
    const memory = this.#bridge.map(this.#map.raw, length, protRead, mapShared, page);
    if (typeof memory === "number") raise(-memory, { text: `map ${this.#label} into memory` });
    return new DataView(memory, page);
  }

  #open(): Ring {
    if (this.#ring === undefined) throw new ClosedError(this.#label);
    return this.#ring;
  }

  #checked(result: number, { bytes }: RecordBatch): number {
    if (result >= 0) return result;
    if (result !== tooLarge) raise(-result, { text: `read ${this.#label}` });
    throw new InvalidArgumentError(
      `the next record of ${this.#label} is larger than the batch of ${bytes.length} bytes`,
      { hint: `a batch of the ring's size, ${this.sizeBytes} bytes, has room for every record` },
    );
  }
}
