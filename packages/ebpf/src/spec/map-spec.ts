/**
 * Map specifications: what a map shall be, as frozen plain data.
 *
 * A spec is the same on every machine; a map made from it is a resource of one kernel. The layouts of keys and values
 * travel with the spec as values, so that TypeScript infers what `get` returns. Nothing here asks a kernel.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";
import type { Layout } from "../layout/layout.ts";
import type { MapFlag, MapType } from "./words.ts";

/** What every map specification says. */
export interface MapSpecBase<Type extends MapType> {
  readonly kind: "map";
  readonly type: Type;
  /** Name by which programs refer to it. The kernel keeps the first 15 characters. */
  readonly name: string;
  readonly maxEntries: number;
  readonly flags: readonly MapFlag[];
}

/** A map of elements: keys with values. */
export interface KeyedMapSpec<Type extends MapType, Key, Value> extends MapSpecBase<Type> {
  readonly key: Layout<Key>;
  readonly value: Layout<Value>;
}

/** A ring buffer of events, written by programs and read by user space. */
export interface RingbufSpec<Event> extends MapSpecBase<"ringbuf"> {
  /** Layout of one event. */
  readonly value: Layout<Event>;
  /** Where programs count the events for which there was no room, see `lossCounter`. */
  readonly lossCounter: LossCounterSpec | undefined;
  /** Bytes an event has at least; what is missing at its end reads as zeros. */
  readonly minEventBytes: number;
}

/** A per-CPU counter of lost events: its first element is the count. */
export type LossCounterSpec = KeyedMapSpec<"percpu_array", number, bigint>;

/** Any map specification. */
export type MapSpec = KeyedMapSpec<KeyedMapType, unknown, unknown> | RingbufSpec<unknown>;

/** Kinds of maps that hold elements, of those the library has. */
export type KeyedMapType = "hash" | "lru_hash" | "percpu_hash" | "array" | "percpu_array";

/** Number of elements, alone or with further options. */
export type MapSize = number | MapOptions;

/** Options of maps of elements. */
export interface MapOptions {
  readonly maxEntries: number;
  /**
   * For example `mmapable` (arrays: read and write without system calls) or `no_prealloc` (hashes: allocate when
   * used).
   */
  readonly flags?: readonly MapFlag[];
}

/**
 * A frozen specification of a map of elements, after checking its parts.
 * @throws {InvalidArgumentError} when the name or the number of elements cannot be meant.
 */
export function keyedMapSpec<Type extends KeyedMapType, Key, Value>(
  type: Type,
  name: string,
  layouts: { readonly key: Layout<Key>; readonly value: Layout<Value> },
  size: MapSize,
): KeyedMapSpec<Type, Key, Value> {
  const { maxEntries, flags = [] } = typeof size === "number" ? { maxEntries: size } : size;
  assertMapName(name);
  if (!Number.isInteger(maxEntries) || maxEntries < 1 || maxEntries > 0xffff_ffff) {
    throw new InvalidArgumentError(`map "${name}": maxEntries is ${maxEntries}`, {
      hint: "give a whole number from 1 to 2^32 - 1",
    });
  }
  return Object.freeze({ kind: "map", type, name, maxEntries, flags, ...layouts });
}

/** @throws {InvalidArgumentError} when `name` is empty or holds a zero byte. */
export function assertMapName(name: string): void {
  if (name !== "" && !name.includes("\0")) return;
  throw new InvalidArgumentError(`${JSON.stringify(name)} is not a name for a map`, {
    hint: "give a name of letters, digits and _",
  });
}
