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
import type { KeyedMapSpec, KeyedMapType } from "../spec/map-spec.ts";
import { BpfMap } from "./bpf-map.ts";

/** A live map of kernel objects, by key. */
export abstract class ObjectMap<Type extends KeyedMapType, Key, Read> extends BpfMap<
  KeyedMapSpec<Type, Key, Read>
> {
  /** Takes the object at `key` out of the map; false when there was none. */
  delete(key: Key): boolean {
    const { kernel, handle: map } = this;
    return exists(() => kernel.bpf("mapDeleteElem", { map, key: this.keyBytes(key) }));
  }

  /** All keys, those of empty places of arrays included. */
  *keys(): Generator<Key, void> {
    const { key: layout } = this.spec;
    let key: Uint8Array | undefined;
    for (;;) {
      const nextKey = new Uint8Array(layout.size);
      const { kernel, handle: map } = this;
      const previous = key;
      if (!exists(() => kernel.bpf("mapGetNextKey", { map, key: previous, nextKey }))) return;
      yield parseValue(layout, nextKey);
      key = nextKey;
    }
  }

  /** What the kernel tells of the object at `key`; `undefined` when there is none. */
  protected read(key: Key): Read | undefined {
    const { kernel, handle: map, spec } = this;
    const value = new Uint8Array(spec.value.size);
    const found = exists(() =>
      kernel.bpf("mapLookupElem", { map, key: this.keyBytes(key), value }),
    );
    return found ? parseValue(spec.value, value) : undefined;
  }

  protected store(key: Key, value: ElementWords, mode: UpdateMode = "any"): void {
    const { kernel, handle: map } = this;
    kernel.bpf("mapUpdateElem", { map, key: this.keyBytes(key), value, flags: mode });
  }

  protected keyBytes(key: Key): Uint8Array {
    return encodeValue(this.spec.key, key);
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
