/**
 * Maps whose values are kernel objects: what they have in common.
 *
 * An object goes in as a handle and, where the kernel gives anything back, comes out as a number or a struct of numbers.
 * Such maps are filled once and read seldom, so every operation is a plain command.
 * @module
 */
import { encodeValue, parseValue } from "../layout/value.ts";
import type { ElementWords } from "../kernel/commands.ts";
import { isNotFound } from "../kernel/errors.ts";
import type { UpdateMode } from "../kernel/kernel.ts";
import { assertUpdateMode } from "../kernel/modes.ts";
import type { KeyedMapSpec, KeyedMapType } from "../spec/map-spec.ts";
import { BpfMap } from "./bpf-map.ts";
import { SeenKeys, walkKeys } from "./key-walk.ts";

/** A live map of kernel objects, by key. */
export abstract class ObjectMap<Type extends KeyedMapType, Key, Stored> extends BpfMap<
  KeyedMapSpec<Type, Key, Stored>
> {
  #restarts = 0;

  /** Takes the object at `key` out of the map; false when the kernel says that there was none. */
  delete(key: Key): boolean {
    const { kernel, handle: map } = this;
    return exists(() => kernel.bpf("mapDeleteElem", { map, key: this.keyBytes(key) }));
  }

  /** All keys, each once and those of empty places of arrays included, whoever adds or deletes objects meanwhile. */
  *keys(): Generator<Key, void> {
    const seen = new SeenKeys();
    try {
      for (const key of walkKeys((previous) => this.#keyBehind(previous), seen))
        yield parseValue(this.spec.key, key);
    } finally {
      this.#restarts += seen.restarts;
    }
  }

  /**
   * How often a walk through the keys was thrown back to the start, because somebody deleted the object it stood on. It
   * went on where it had been.
   */
  get restarts(): number {
    return this.#restarts;
  }

  /** Takes out everything. */
  clear(): void {
    for (const key of this.keys()) this.delete(key);
  }

  #keyBehind(key: Uint8Array | undefined): Uint8Array | undefined {
    const { kernel, handle: map } = this;
    const nextKey = new Uint8Array(this.spec.key.size);
    const found = exists(() => kernel.bpf("mapGetNextKey", { map, key, nextKey }));
    return found ? nextKey : undefined;
  }

  /** What the kernel tells of the object at `key`; `undefined` when there is none. */
  protected read(key: Key): Stored | undefined {
    const { kernel, handle: map, spec } = this;
    const value = new Uint8Array(spec.value.size);
    const found = exists(() =>
      kernel.bpf("mapLookupElem", { map, key: this.keyBytes(key), value }),
    );
    return found ? parseValue(spec.value, value) : undefined;
  }

  protected store(key: Key, value: ElementWords, mode: UpdateMode = "any"): void {
    if (mode !== "any") assertUpdateMode(mode);
    const { kernel, handle: map } = this;
    kernel.bpf("mapUpdateElem", { map, key: this.keyBytes(key), value, flags: mode });
  }

  protected keyBytes(key: Key): Uint8Array {
    return encodeValue(this.spec.key, key);
  }
}

/** A map of kernel objects of which the kernel tells something back. */
export abstract class ReadableObjectMap<
  Type extends KeyedMapType,
  Key,
  Stored,
  Read extends Stored = Stored,
> extends ObjectMap<Type, Key, Stored> {
  /** What the kernel tells of the object at `key`; `undefined` when there is none. */
  get(key: Key): Read | undefined {
    return this.read(key) as Read | undefined;
  }

  /** Whether there is an object at `key`. */
  has(key: Key): boolean {
    return this.get(key) !== undefined;
  }

  /** Takes the object at `key` out of the map; false when there was none. */
  override delete(key: Key): boolean {
    // Some kinds of maps do not say whether there was one, others call that a wrong argument.
    return this.has(key) && super.delete(key);
  }

  /** Takes out everything; returns how many objects there were. */
  override clear(): number {
    let removed = 0;
    for (const key of this.keys()) if (this.delete(key)) removed += 1;
    return removed;
  }

  /** All objects with their keys; empty places of arrays are left out. */
  *entries(): Generator<[Key, Read], void> {
    for (const key of this.keys()) {
      const value = this.get(key);
      if (value !== undefined) yield [key, value];
    }
  }

  [Symbol.iterator](): Generator<[Key, Read], void> {
    return this.entries();
  }

  /** Number of objects, found by counting them. */
  count(): number {
    let total = 0;
    for (const _ of this.entries()) total += 1;
    return total;
  }
}

/** Makes a call; false when what it is about is not there. */
export function exists(call: () => void): boolean {
  try {
    call();
    return true;
  } catch (error) {
    if (!isNotFound(error)) throw error;
    return false;
  }
}
