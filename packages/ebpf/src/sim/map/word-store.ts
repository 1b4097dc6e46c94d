/**
 * Maps whose values are numbers together with objects of the kernel: interfaces and CPUs that packets are sent to
 * (kernel/bpf/devmap.c, kernel/bpf/cpumap.c).
 *
 * Of an object the value has its number; the map holds it.
 * @module
 */
import { viewOf } from "../../base/bytes.ts";
import { failed } from "../errno.ts";
import type { SimulatedObject } from "../object.ts";
import { indexOf, nextIndex } from "./indexed-store.ts";
import { KeyedStore, nameOf } from "./keyed-store.ts";
import type { StoreMode, StoreOptions, StoreSetup } from "./store.ts";

/** Numbers, and objects in their place. */
export type Words = readonly (number | SimulatedObject)[];

/** The elements of such a map. */
export class WordStore extends KeyedStore {
  readonly #length: number;
  readonly #keys: "index" | "bytes";
  readonly #held = new Map<string, readonly SimulatedObject[]>();

  constructor(setup: StoreSetup, keys: "index" | "bytes") {
    super(setup, {});
    this.#length = setup.attributes.maxEntries;
    this.#keys = keys;
  }

  /** Stores words at `key`. */
  put(key: Uint8Array, words: Words, mode: StoreMode): number {
    const value = new Uint8Array(4 * words.length);
    for (const [index, word] of words.entries())
      viewOf(value).setUint32(4 * index, typeof word === "number" ? word : word.id, true);
    const objects = words.filter((word) => typeof word !== "number");
    for (const object of objects) object.hold();
    const result = this.update(key, value, { mode });
    const released = result < 0 ? objects : (this.#held.get(nameOf(key)) ?? []);
    if (result === 0) this.#held.set(nameOf(key), objects);
    for (const object of released) object.drop();
    return result;
  }

  override update(key: Uint8Array, value: Uint8Array, options: StoreOptions): number {
    if (this.#keys === "index") {
      if (indexOf(key) >= this.#length) return failed.tooBig;
      if (options.mode === "noexist") return failed.exists;
    }
    const whole = new Uint8Array(this.values.cpuStride);
    whole.set(value.subarray(0, whole.length));
    return super.update(key, whole, options);
  }

  override delete(key: Uint8Array): number {
    const result = super.delete(key);
    for (const object of this.#held.get(nameOf(key)) ?? []) object.drop();
    this.#held.delete(nameOf(key));
    // Places of arrays are always there.
    return this.#keys === "index" && indexOf(key) < this.#length ? 0 : result;
  }

  override next(key: Uint8Array | undefined, next: Uint8Array): number {
    return this.#keys === "index" ? nextIndex(key, next, this.#length) : super.next(key, next);
  }

  override free(): void {
    for (const objects of this.#held.values()) for (const object of objects) object.drop();
    this.#held.clear();
    super.free();
  }
}
