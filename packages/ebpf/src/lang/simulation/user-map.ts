/**
 * A simulated map as user space sees it: what tests fill and look at.
 *
 * Values are plain and checked, as those of a loaded map are; whoever wants the kernel's side uses the spec itself.
 * @module
 */
import { viewOf } from "../../base/bytes.ts";
import { bytesOfValue, memoryOf } from "../../layout/memory-object.ts";
import { encodeValue } from "../../layout/value.ts";
import type { KernelUpdateMode } from "../../spec/kernel-side.ts";
import type { KeyedMapSpec, KeyedMapType } from "../../spec/map-spec.ts";
import type { ElementStore } from "./element-store.ts";

/** The elements of a map of user space. `Stored` is an array with a value per CPU for per-CPU maps. */
export interface UserMap<Key, Value, Stored> {
  /** The value at `key`; `undefined` when there is none. */
  get(key: Key): Stored | undefined;
  /** Stores a value, for all CPUs: 0, or a negated errno. */
  set(key: Key, value: Value, mode?: KernelUpdateMode): number;
  delete(key: Key): boolean;
  /** All elements; of arrays those that were touched. */
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
  store: ElementStore,
  cpus: number,
): UserMap<Key, Value, StoredIn<Type, Value>> {
  type Stored = StoredIn<Type, Value>;
  const bytesOf = (key: Key) =>
    memoryOf(key) === undefined ? encodeValue(keyLayout, key) : bytesOfValue(keyLayout, key);
  const read = (values: readonly DataView[]): Stored => {
    const read = values.map((view) => layout.read(view, 0));
    return (store.perCpu ? read : read[0]) as Stored;
  };
  return {
    get: (key) => {
      const found = store.find(bytesOf(key));
      return found && read(found.values);
    },
    set: (key, value, mode = "any") => {
      const bytes = bytesOf(key);
      const memory = encodedFor(layout, value);
      const status = store.updateBytes(bytes, memory, { mode, cpu: 0 });
      for (let cpu = 1; status === 0 && store.perCpu && cpu < cpus; cpu++)
        store.updateBytes(bytes, memory, { mode: "any", cpu });
      return status;
    },
    delete: (key) => store.delete(bytesOf(key)) === 0,
    entries: () =>
      store.elements().map(({ key, values }) => [keyLayout.read(viewOf(key), 0), read(values)]),
    get size() {
      return store.elements().length;
    },
  };
}

function encodedFor<Value>(
  layout: KeyedMapSpec<KeyedMapType, unknown, Value>["value"],
  value: Value,
): Uint8Array<ArrayBuffer> {
  return memoryOf(value) === undefined ? encodeValue(layout, value) : bytesOfValue(layout, value);
}
