/**
 * Specifications of maps whose values are maps.
 * @module
 */
import { assertOptions, isAnything } from "../base/checks.ts";
import { u32 } from "../layout/integer.ts";
import type { Layout } from "../layout/layout.ts";
import { withKernelMethods } from "./kernel-methods.ts";
import type { OuterMethods } from "./kernel-side.ts";
import {
  assertMapName,
  isMapSpec,
  keyedMapData,
  type MapSize,
  type MapSpec,
  type OuterMapSpec,
} from "./map-spec.ts";

/** Maps like `inner` by index. Minimum kernel 4.12. */
export function arrayOfMaps<Inner extends MapSpec>(
  name: string,
  inner: Inner,
  size: MapSize,
): OuterMapSpec<"array_of_maps", number, Inner> & OuterMethods<number, Inner> {
  assertMapName(name);
  isMapSpec(inner, `the inner map of "${name}"`);
  const data = keyedMapData("array_of_maps", name, { key: u32, value: u32 }, size);
  const spec: OuterMapSpec<"array_of_maps", number, Inner> = { ...data, inner };
  return withKernelMethods(spec) as typeof spec & OuterMethods<number, Inner>;
}

/** Maps like `inner` by key. Minimum kernel 4.12. */
export function hashOfMaps<Key, Inner extends MapSpec>(
  name: string,
  layouts: { readonly key: Layout<Key>; readonly inner: Inner },
  size: MapSize,
): OuterMapSpec<"hash_of_maps", Key, Inner> & OuterMethods<Key, Inner> {
  assertMapName(name);
  assertOptions(layouts, { key: isAnything, inner: isMapSpec }, `map "${name}"`);
  const { key, inner } = layouts;
  isMapSpec(inner, `the inner map of "${name}"`);
  const data = keyedMapData("hash_of_maps", name, { key, value: u32 }, size);
  const spec: OuterMapSpec<"hash_of_maps", Key, Inner> = { ...data, inner };
  return withKernelMethods(spec) as typeof spec & OuterMethods<Key, Inner>;
}
