/**
 * What all kinds of simulated maps can do, for user space and for programs alike.
 *
 * Values lie in one region of the simulated memory for each map, at an offset that stays while the element lives, so that
 * programs have addresses of them. Operations return an offset or 0, or a negated errno.
 * @module
 */
import { alignUp } from "../../base/bytes.ts";
import type { StructOps } from "../../btf/struct-ops.ts";
import type { MapCreate } from "../../kernel/commands.ts";
import { failed } from "../errno.ts";
import type { Memory, RegionOptions } from "../vm/memory.ts";

/** When an update may happen. */
export type StoreMode = "any" | "noexist" | "exist";

/** What a store is made of. */
export interface StoreSetup {
  readonly attributes: MapCreate;
  readonly label: string;
  readonly memory: Memory;
  /** Number of possible CPUs. */
  readonly cpus: number;
  /** The struct that a map of `struct_ops` holds. */
  readonly structOps?: StructOps | undefined;
  /** Whether views of the values stay good when there are more elements, for whoever keeps some. It costs speed. */
  readonly viewsLast?: boolean;
}

/** What a region of memory has at most: 1 GiB. */
const mostBytes = 2 ** 30;

/** Where the values of a map are. */
export class Values {
  /** Address of the first byte, for programs. */
  readonly address: bigint;
  /** Bytes from one CPU's value to the next, and from one element to the next. */
  readonly cpuStride: number;
  readonly stride: number;
  readonly #memory: Memory;
  #bytes: Uint8Array<ArrayBuffer>;
  #capacity: number;

  constructor(
    { attributes, label, memory, viewsLast = false }: StoreSetup,
    cpus: number,
    capacity: number,
    options?: RegionOptions,
  ) {
    this.cpuStride = alignUp(attributes.valueSize, 8);
    this.stride = this.cpuStride * cpus;
    this.#memory = memory;
    this.#capacity = capacity;
    const length = this.stride * capacity;
    // A value that is replaced is there until the new one is.
    const most = Math.min(this.stride * (attributes.maxEntries + 1), mostBytes);
    const grows = viewsLast && capacity < attributes.maxEntries && length < most;
    this.#bytes = new Uint8Array(new ArrayBuffer(length, grows ? { maxByteLength: most } : {}));
    this.address = memory.allocate(label, this.#bytes, options);
  }

  /** All values. Another one when the map has grown: do not keep it. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes;
  }

  /** Makes room for `capacity` elements; addresses stay. */
  grow(capacity: number): void {
    if (capacity <= this.#capacity) return;
    const { buffer } = this.#bytes;
    if (buffer.resizable) buffer.resize(this.stride * capacity);
    else {
      const larger = new Uint8Array(this.stride * capacity);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#capacity = capacity;
    this.#memory.replace(this.address, this.#bytes);
  }

  free(): void {
    this.#memory.free(this.address);
  }
}

/** The elements of one map. What a kind of map does not know is refused as the kernel refuses it. */
export abstract class MapStore {
  readonly values: Values | undefined;

  constructor(values?: Values) {
    this.values = values;
  }

  /** Offset of the value that `key` finds in {@link values}. `user` lookups do not count as a use. */
  abstract find(key: Uint8Array, who: "user" | "program"): number;

  /** Stores a value; of per-CPU maps that of `cpu`, or those of all CPUs in a row. */
  abstract update(key: Uint8Array, value: Uint8Array, options: StoreOptions): number;

  abstract delete(key: Uint8Array): number;

  /** Puts the key behind `key`, or the first one, into `next`. */
  abstract next(key: Uint8Array | undefined, next: Uint8Array): number;

  /** The key of the value that starts at an offset of {@link values}; `undefined` when no element is there. */
  keyAt(_offset: number): Uint8Array | undefined {
    return undefined;
  }

  /**
   * The keys of `keyBytes` bytes one after the other; elements may come and go meanwhile. Those that are added are not
   * among them.
   */
  *keys(keyBytes: number): Generator<Uint8Array<ArrayBuffer>, void> {
    const next = new Uint8Array(keyBytes);
    for (let result = this.next(undefined, next); result >= 0;) {
      const key = next.slice();
      result = this.next(key, next);
      yield key;
    }
  }

  /** Finds what user space reads and copies it into `value`. */
  lookup(key: Uint8Array, value: Uint8Array, cpu?: number): number {
    const offset = this.find(key, "user");
    if (offset < 0) return offset;
    const { bytes, cpuStride } = this.values!;
    const start = offset + (cpu ?? 0) * cpuStride;
    value.set(bytes.subarray(start, start + value.length));
    return 0;
  }

  /** Copies the value into `value` and removes the element. */
  take(_key: Uint8Array, _value: Uint8Array): number {
    return failed.notSupported;
  }

  /** Lets go of memory and objects. */
  free(): void {
    this.values?.free();
  }
}

/** How to store. */
export interface StoreOptions {
  readonly mode: StoreMode;
  /** The CPU whose value it is, or all of them with one value; left out, `value` has all of them. */
  readonly cpu?: number | "all" | undefined;
}

/** Copies a value to where it belongs. */
export function putValue(
  { bytes, cpuStride, stride }: Values,
  offset: number,
  value: Uint8Array,
  cpu: StoreOptions["cpu"],
): void {
  if (cpu === "all") {
    for (let start = offset; start < offset + stride; start += cpuStride) bytes.set(value, start);
  } else
    bytes.set(
      value.subarray(0, cpu === undefined ? stride : cpuStride),
      offset + (cpu ?? 0) * cpuStride,
    );
}
