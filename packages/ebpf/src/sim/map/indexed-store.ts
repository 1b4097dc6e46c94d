/**
 * Arrays: elements that are there from the start, by index (kernel/bpf/arraymap.c).
 * @module
 */
import { viewOf } from "../../base/bytes.ts";
import { failed } from "../errno.ts";
import { MapStore, putValue, type StoreOptions, type StoreSetup, Values } from "./store.ts";

/** The index a key is, 32 bits in the byte order of the machine. */
export function indexOf(key: Uint8Array): number {
  return viewOf(key).getUint32(0, true);
}

/** Puts the index behind that of `key` into `next`; a key that is none starts over. */
export function nextIndex(key: Uint8Array | undefined, next: Uint8Array, length: number): number {
  const index = key === undefined ? -1 : indexOf(key);
  if (index === length - 1) return failed.noEntry;
  viewOf(next).setUint32(0, index < length ? index + 1 : 0, true);
  return 0;
}

/** The elements of an array. */
export class IndexedStore extends MapStore {
  declare readonly values: Values;
  readonly #length: number;

  constructor(setup: StoreSetup, cpus: number) {
    super(new Values(setup, cpus, setup.attributes.maxEntries));
    this.#length = setup.attributes.maxEntries;
  }

  find(key: Uint8Array): number {
    const index = indexOf(key);
    return index < this.#length ? index * this.values.stride : failed.noEntry;
  }

  update(key: Uint8Array, value: Uint8Array, { mode, cpu }: StoreOptions): number {
    const offset = this.find(key);
    if (offset < 0) return failed.tooBig;
    if (mode === "noexist") return failed.exists;
    putValue(this.values, offset, value, cpu);
    return 0;
  }

  override keyAt(offset: number): Uint8Array {
    return new Uint8Array(Uint32Array.of(offset / this.values.stride).buffer);
  }

  delete(): number {
    return failed.invalid;
  }

  next(key: Uint8Array | undefined, next: Uint8Array): number {
    return nextIndex(key, next, this.#length);
  }
}
