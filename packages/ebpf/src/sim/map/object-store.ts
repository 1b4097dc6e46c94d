/**
 * Maps whose values are objects of the kernel: programs, maps, perf events, by index or by key.
 * @module
 */
import { viewOf } from "../../base/bytes.ts";
import { failed } from "../errno.ts";
import type { SimulatedObject } from "../object.ts";
import { indexOf, nextIndex } from "./indexed-store.ts";
import { nameOf } from "./keyed-store.ts";
import { MapStore, type StoreMode, type StoreSetup } from "./store.ts";

/** How kinds of such maps differ. */
export interface ObjectTraits {
  readonly keys: "index" | "bytes";
  /** Whether the map takes the object: 0 or a negated errno. */
  readonly accepts: (object: SimulatedObject) => number;
  /** Whether user space is told the object's number. */
  readonly readable: boolean;
}

/** The objects of one map. */
export class ObjectStore extends MapStore {
  /** Places there are. */
  readonly length: number;
  readonly #traits: ObjectTraits;
  readonly #objects = new Map<
    string,
    { readonly key: Uint8Array; readonly object: SimulatedObject }
  >();

  constructor({ attributes }: StoreSetup, traits: ObjectTraits) {
    super();
    this.length = attributes.maxEntries;
    this.#traits = traits;
  }

  /** The object at `key`. */
  get(key: Uint8Array): SimulatedObject | undefined {
    return this.#objects.get(nameOf(key))?.object;
  }

  /** Puts an object at `key`, which the map holds from now on. */
  put(key: Uint8Array, object: SimulatedObject, mode: StoreMode): number {
    const isIndex = this.#traits.keys === "index";
    if (isIndex && mode !== "any") return failed.invalid;
    if (isIndex && indexOf(key) >= this.length) return failed.tooBig;
    const name = nameOf(key);
    const found = this.#objects.get(name);
    if (mode === "noexist" && found !== undefined) return failed.exists;
    if (mode === "exist" && found === undefined) return failed.noEntry;
    const refusal = this.#traits.accepts(object);
    if (refusal < 0) return refusal;
    if (found === undefined && this.#objects.size >= this.length) return failed.tooBig;
    this.#objects.set(name, { key: key.slice(), object: object.hold() });
    found?.object.drop();
    return 0;
  }

  override lookup(key: Uint8Array, value: Uint8Array): number {
    if (!this.#traits.readable) return failed.notSupported;
    const object = this.get(key);
    if (object === undefined) return failed.noEntry;
    const view = viewOf(value);
    if (value.length === 8) view.setBigUint64(0, BigInt(object.id), true);
    else view.setUint32(0, object.id, true);
    return 0;
  }

  find(): number {
    return failed.notSupported;
  }

  update(): number {
    return failed.badDescriptor;
  }

  delete(key: Uint8Array): number {
    if (this.#traits.keys === "index" && indexOf(key) >= this.length) return failed.tooBig;
    const found = this.#objects.get(nameOf(key));
    if (found === undefined) return failed.noEntry;
    this.#objects.delete(nameOf(key));
    found.object.drop();
    return 0;
  }

  next(key: Uint8Array | undefined, next: Uint8Array): number {
    if (this.#traits.keys === "index") return nextIndex(key, next, this.length);
    const names = [...this.#objects.keys()];
    const following = names[key === undefined ? 0 : names.indexOf(nameOf(key)) + 1];
    if (following === undefined) return failed.noEntry;
    next.set(this.#objects.get(following)!.key);
    return 0;
  }

  override free(): void {
    for (const { object } of this.#objects.values()) object.drop();
    this.#objects.clear();
  }
}
