/**
 * A simulated map as user space sees it: what tests fill and look at.
 *
 * Values are plain and checked, as those of a loaded map are; whoever wants the kernel's side uses the spec itself.
 * @module
 */
import { viewOf } from "../base/bytes.ts";
import { bytesOfValue, memoryOf } from "../layout/memory-object.ts";
import { encodeValue } from "../layout/value.ts";
import type { KernelUpdateMode } from "../spec/kernel-side.ts";
import type { KeyedMapSpec, KeyedMapType } from "../spec/map-spec.ts";
import type { PlayedMap } from "./played-map.ts";

/** The elements of a map of user space. `Stored` is an array with a value per CPU for per-CPU maps. */
export interface UserMap<Key, Value, Stored> {
  /** The value at `key`; `undefined` when there is none. */
  get(key: Key): Stored | undefined;
  /** Stores a value, for all CPUs: 0, or a negated errno. */
  set(key: Key, value: Value, mode?: KernelUpdateMode): number;
  delete(key: Key): boolean;
  /** All elements, in the order they were added; arrays have all of theirs from the start. */
  entries(): readonly (readonly [Key, Stored])[];
  readonly size: number;
}

/** What `get` of such a map returns. */
export type StoredIn<Type extends KeyedMapType, Value> = Type extends
  | "percpu_hash"
  | "percpu_array"
  | "lru_percpu_hash"
  ? readonly Value[]
  : Value;

/** User space's view of the elements. */
export function userMap<Type extends KeyedMapType, Key, Value>(
  { key: keyLayout, value: layout }: KeyedMapSpec<Type, Key, Value>,
  map: PlayedMap,
): UserMap<Key, Value, StoredIn<Type, Value>> {
  type Stored = StoredIn<Type, Value>;
  const bytesOf = (key: Key) =>
    memoryOf(key) === undefined ? encodeValue(keyLayout, key) : bytesOfValue(keyLayout, key);
  const readAt = (key: Uint8Array): Stored | undefined => {
    const values = map.read(key)?.map((view) => layout.read(view, 0));
    return (map.perCpu ? values : values?.[0]) as Stored | undefined;
  };
  return {
    get: (key) => readAt(bytesOf(key)),
    set: (key, value, mode = "any") => {
      const bytes = encodedFor(layout, value);
      const cpu = map.perCpu ? "all" : undefined;
      return map.store.update(bytesOf(key), bytes, { mode, cpu });
    },
    delete: (key) => map.store.delete(bytesOf(key)) === 0,
    entries: () => [...map.keys()].map((key) => [keyLayout.read(viewOf(key), 0), readAt(key)!]),
    get size() {
      return [...map.keys()].length;
    },
  };
}

function encodedFor<Value>(
  layout: KeyedMapSpec<KeyedMapType, unknown, Value>["value"],
  value: Value,
): Uint8Array<ArrayBuffer> {
  return memoryOf(value) === undefined ? encodeValue(layout, value) : bytesOfValue(layout, value);
}
