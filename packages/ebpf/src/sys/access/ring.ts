/**
 * The reading end of a ring buffer: where records lie, and giving back their space.
 * @module
 */
import type { Bridge, Ring } from "@ts-ebpf/native";
import { ClosedError } from "../../base/errors.ts";
import type { RingAccess } from "../../kernel/kernel.ts";
import { raise } from "../call/failure.ts";
import type { Fd } from "../fd.ts";

const notThis = { kind: "other", reason: "it is not a ring buffer of this size" } as const;

// include/uapi/asm-generic/mman-common.h; the same on all architectures.
const protRead = 1;
const mapShared = 1;

/**
 * Whether records in the making are left out when records are looked for. A reader whose processor keeps its loads in order
 * need not ask: where it sees that a record is made, it sees the record.
 */
const madeOnly: 0 | 1 = process.arch === "x64" ? 0 : 1;

/** A ring buffer mapped into this process. Only one reader may take records out of a ring. */
export class NativeRing implements RingAccess {
  readonly sizeBytes: number;
  readonly #bridge: Bridge;
  readonly #label: string;
  readonly #place: Int32Array = new Int32Array(1);
  readonly #data: DataView;
  #ring: Ring | undefined;

  constructor(bridge: Bridge, map: Fd, sizeBytes: number) {
    const ring = bridge.ringOpen(map.raw, sizeBytes);
    if (typeof ring === "number") {
      raise(-ring, {
        text: `map ${map.label} into memory`,
        meanings: { EINVAL: notThis, ENOTSUPP: notThis, EOPNOTSUPP: notThis },
      });
    }
    this.#bridge = bridge;
    this.#ring = ring;
    this.#label = map.label;
    this.sizeBytes = sizeBytes;
    using stack = new DisposableStack();
    stack.adopt(ring, bridge.ringClose);
    this.#data = mapData(bridge, map, sizeBytes);
    stack.move();
  }

  get data(): DataView {
    this.#open();
    return this.#data;
  }

  get start(): number {
    return this.#place[0]!;
  }

  find(enough: number): number {
    return this.#find(madeOnly, enough);
  }

  release(bytes: number): void {
    const result = this.#bridge.ringRelease(this.#open(), bytes);
    if (result < 0) raise(-result, { text: `release records of ${this.#label}` });
  }

  pendingBytes(): number {
    return this.#find(0, 0);
  }

  close(): void {
    if (this.#ring === undefined) return;
    this.#bridge.ringClose(this.#ring);
    this.#ring = undefined;
    this.#bridge.unmap(this.#data.buffer as ArrayBuffer);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #find(made: 0 | 1, enough: number): number {
    const result = this.#bridge.ringFind(this.#open(), made, enough, this.#place);
    if (result < 0) raise(-result, { text: `read ${this.#label}` });
    return result;
  }

  #open(): Ring {
    if (this.#ring === undefined) throw new ClosedError(this.#label);
    return this.#ring;
  }
}

/** Behind the page of the producer's position lie the data, twice; both are for reading only. */
function mapData(bridge: Bridge, map: Fd, sizeBytes: number): DataView {
  const page = bridge.pageSize();
  const memory = bridge.map(map.raw, page + 2 * sizeBytes, protRead, mapShared, page);
  if (typeof memory === "number") raise(-memory, { text: `map ${map.label} into memory` });
  return new DataView(memory, page);
}
