/**
 * Maps whose values are objects of the kernel: programs, maps, perf events, by index or by key.
 * @module
 */
import { viewOf } from "../../base/bytes.ts";
import { failed } from "../errno.ts";
import type { SimulatedObject } from "../object.ts";
import { indexOf, nextIndex } from "./indexed-store.ts";
import { nameOf } from "./keyed-store.ts";
import { MapStore, type StoreMode, type StoreOptions, type StoreSetup } from "./store.ts";

/** How kinds of such maps differ. */
export interface ObjectTraits {
  readonly keys: "index" | "bytes";
  /** Whether the map takes the object: 0 or a negated errno. */
  readonly accepts: (object: SimulatedObject) => number;
  /** What a lookup of user space says: 0 where it is told the object's number, or a negated errno. */
  readonly readable: number;
  /** Whether an update may be for new or for old elements only. */
  readonly modes: "any" | "all";
  /** What deleting says where nothing is. */
  readonly absent: number;
}

/** S32_MAX: no descriptor is larger. */
const largestNumber = 0x7fff_ffffn;

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

  /** Whether an object is at any key. */
  holds(object: SimulatedObject): boolean {
    for (const held of this.#objects.values()) if (held.object === object) return true;
    return false;
  }

  /** Takes an object out that is no more. */
  forget(object: SimulatedObject): void {
    for (const [name, held] of this.#objects) {
      if (held.object !== object) continue;
      this.#objects.delete(name);
      object.drop();
    }
  }

  /** Puts an object at `key`, which the map holds from now on. */
  put(key: Uint8Array, object: SimulatedObject, mode: StoreMode): number {
    const wrong = this.#wrongPlace(key, mode);
    if (wrong < 0) return wrong;
    const name = nameOf(key);
    const found = this.#objects.get(name);
    if (mode === "noexist" && found !== undefined) return failed.exists;
    if (mode === "exist" && found === undefined) return failed.noEntry;
    if (found === undefined && this.#objects.size >= this.length) return failed.tooBig;
    const refusal = this.#traits.accepts(object);
    if (refusal < 0) return refusal;
    this.#objects.set(name, { key: key.slice(), object: object.hold() });
    found?.object.drop();
    return 0;
  }

  override lookup(key: Uint8Array, value: Uint8Array): number {
    if (this.#traits.readable < 0) return this.#traits.readable;
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

  /** Bytes are no object; which socket is meant the kernel asks before it looks at the place. */
  update(key: Uint8Array, value: Uint8Array, { mode }: StoreOptions): number {
    const wrong = this.#traits.absent === failed.invalid ? 0 : this.#wrongPlace(key, mode);
    if (wrong < 0) return wrong;
    const isNumber = value.length !== 8 || viewOf(value).getBigUint64(0, true) <= largestNumber;
    return isNumber ? failed.badDescriptor : failed.invalid;
  }

  #wrongPlace(key: Uint8Array, mode: StoreMode): number {
    if (this.#traits.modes === "any" && mode !== "any") return failed.invalid;
    return this.#isBeyond(key) ? failed.tooBig : 0;
  }

  #isBeyond(key: Uint8Array): boolean {
    return this.#traits.keys === "index" && indexOf(key) >= this.length;
  }

  delete(key: Uint8Array): number {
    const { absent, modes } = this.#traits;
    // What holds sockets finds no such index; reuseport_sockarray says so as arrays do.
    if (this.#isBeyond(key))
      return modes === "any" || absent === failed.noEntry ? failed.tooBig : failed.invalid;
    const found = this.#objects.get(nameOf(key));
    if (found === undefined) return absent;
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
