/**
 * Any specification of a map, and anything that user space does with one.
 *
 * What comes out can be created and done: sizes are small, and layouts are those that the kind of map allows.
 * @module
 */
import * as fc from "fast-check";
import type { Layout } from "../../layout/layout.ts";
import { array } from "../../layout/array.ts";
import { chars } from "../../layout/chars.ts";
import { s32, u16, u32, u64, u8 } from "../../layout/integer.ts";
import { struct } from "../../layout/struct.ts";
import { arrayMap } from "../../spec/array-map.ts";
import { hashMap, lruHashMap } from "../../spec/hash-map.ts";
import type { KeyedMapSpec } from "../../spec/map-spec.ts";
import { arbitraryValue } from "./value.ts";

/** A map of elements, whose keys and values are of whatever layouts. */
export type AnyElementSpec = KeyedMapSpec<"hash" | "lru_hash" | "array", unknown, unknown>;

const name = fc.stringMatching(/^[a-z][a-z0-9_]{0,14}$/);

/** Any integers, text, arrays and structs of them; never larger than 64 bytes. */
export function arbitraryLayout(): fc.Arbitrary<Layout<unknown>> {
  return fc.oneof(integer, compound);
}

const integer: fc.Arbitrary<Layout<unknown>> = fc.constantFrom<Layout<unknown>[]>(
  u8,
  u16,
  u32,
  u64,
  s32,
);
const compound: fc.Arbitrary<Layout<unknown>> = fc.oneof(
  fc.integer({ min: 1, max: 16 }).map((size): Layout<unknown> => chars(size)),
  fc
    .tuple(integer, fc.integer({ min: 1, max: 4 }))
    .map(([element, length]): Layout<unknown> => array(element, length)),
  fc
    .dictionary(name, integer, { minKeys: 1, maxKeys: 4, noNullPrototype: true })
    .map((fields): Layout<unknown> => struct("any", fields)),
);

/** Any map of elements that user space and programs share. */
export function arbitraryElementSpec(): fc.Arbitrary<AnyElementSpec> {
  const entries = fc.integer({ min: 1, max: 8 });
  const of = fc.tuple(name, arbitraryLayout(), arbitraryLayout(), entries);
  return fc.oneof<fc.Arbitrary<AnyElementSpec>[]>(
    of.map(([name, key, value, size]) => hashMap(name, key, value, size)),
    of.map(([name, key, value, size]) => lruHashMap(name, key, value, size)),
    fc.tuple(name, arbitraryLayout(), entries).map(([name, value, size]) => {
      return arrayMap(name, value, size);
    }),
  );
}

/** Something done with a map. */
export type MapOperation<Key, Value> =
  | { readonly kind: "set"; readonly key: Key; readonly value: Value }
  | { readonly kind: "get"; readonly key: Key }
  | { readonly kind: "delete"; readonly key: Key }
  | { readonly kind: "list" };

/** Up to `most` things done with a map of `spec` one after the other, on few keys, so that they meet. */
export function arbitraryMapOperations<Key, Value>(
  spec: KeyedMapSpec<"hash" | "lru_hash" | "array", Key, Value>,
  most = 30,
): fc.Arbitrary<readonly MapOperation<Key, Value>[]> {
  return keysFor(spec).chain((keys) => {
    const key = fc.constantFrom(...keys);
    const value = arbitraryValue(spec.value);
    const set = fc.record({ kind: fc.constant("set"), key, value }, plain);
    const get = fc.record({ kind: fc.constant("get"), key }, plain);
    const list = fc.record({ kind: fc.constant("list") }, plain);
    const others =
      spec.type === "array" ? [] : [fc.record({ kind: fc.constant("delete"), key }, plain)];
    const operation = fc.oneof<fc.Arbitrary<MapOperation<Key, Value>>[]>(set, get, list, ...others);
    return fc.array(operation, { maxLength: most });
  });
}

const plain = { noNullPrototype: true } as const;

/** Keys to do it on: those of arrays are in bounds. */
function keysFor<Key>({
  type,
  key,
  maxEntries,
}: KeyedMapSpec<"hash" | "lru_hash" | "array", Key, unknown>): fc.Arbitrary<Key[]> {
  const any =
    type === "array"
      ? (fc.nat(maxEntries - 1) as unknown as fc.Arbitrary<Key>)
      : arbitraryValue(key);
  return fc.array(any, { minLength: 1, maxLength: 4 });
}
