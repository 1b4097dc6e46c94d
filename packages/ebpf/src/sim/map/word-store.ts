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

/** How kinds of such maps differ. */
export interface WordTraits {
  readonly kind: "devmap" | "devmap_hash" | "cpumap";
  /** Whether there is such an interface or CPU: 0, or a negated errno. */
  readonly accepts: (words: readonly number[]) => number;
}

/** The elements of such a map. */
export class WordStore extends KeyedStore {
  readonly #length: number;
  readonly #traits: WordTraits;
  readonly #held = new Map<string, readonly SimulatedObject[]>();

  constructor(setup: StoreSetup, traits: WordTraits) {
    super(setup, {});
    this.#length = setup.attributes.maxEntries;
    this.#traits = traits;
  }

  get #isArray(): boolean {
    return this.#traits.kind !== "devmap_hash";
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

  /** The number 0 stands for nothing: it empties a place. */
  override update(key: Uint8Array, value: Uint8Array, { mode }: StoreOptions): number {
    const whole = new Uint8Array(this.values.cpuStride);
    whole.set(value.subarray(0, whole.length));
    const view = viewOf(whole);
    const words = [view.getUint32(0, true), view.getUint32(4, true)];
    if (this.#isArray) {
      if (indexOf(key) >= this.#length) return failed.tooBig;
      if (mode === "noexist") return failed.exists;
    }
    const isTwice = !this.#isArray && mode === "noexist" && super.find(key, "user") >= 0;
    if (isTwice && words[0] !== 0) return failed.exists;
    const refusal = this.#traits.accepts([...words, indexOf(key)]);
    if (refusal < 0) return refusal;
    if (this.#isArray && words[0] === 0) {
      this.delete(key);
      return 0;
    }
    // Whether an interface has to be there already is not asked.
    return super.update(key, whole, { mode: mode === "noexist" ? mode : "any" });
  }

  override delete(key: Uint8Array): number {
    if (this.#isArray && indexOf(key) >= this.#length) return failed.invalid;
    const result = super.delete(key);
    for (const object of this.#held.get(nameOf(key)) ?? []) object.drop();
    this.#held.delete(nameOf(key));
    // Places of arrays are always there.
    return this.#isArray ? 0 : result;
  }

  override take(): number {
    return failed.notSupported;
  }

  override next(key: Uint8Array | undefined, next: Uint8Array): number {
    return this.#isArray ? nextIndex(key, next, this.#length) : super.next(key, next);
  }

  override free(): void {
    for (const objects of this.#held.values()) for (const object of objects) object.drop();
    this.#held.clear();
    super.free();
  }
}
