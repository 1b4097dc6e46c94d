/**
 * Maps of another size, or with other events, programs or maps in them, than they were declared with.
 *
 * How large a map shall be is often known only when a program is loaded, while the program refers to the map as it was
 * declared. The resized spec takes its place in the collection that names it; the declared one stays as it is.
 * @module
 */
import { assertWhole } from "../base/arguments.ts";
import type { Layout } from "../layout/layout.ts";
import { isMapSpec, type MapSpec } from "./map-spec.ts";
import type { ProgArraySpec } from "./prog-array.ts";

const origins = new WeakMap<MapSpec, MapSpec>();

/**
 * The map `spec` with room for `maxEntries` elements, for ring buffers bytes. Load it instead: programs that use `spec`
 * find it. The kernel refuses sizes that its kind of map cannot have.
 */
export function resized<Spec extends MapSpec>(spec: Spec, maxEntries: number): Spec {
  assertWhole(maxEntries, "the size of a map", { most: 0xffff_ffff });
  return changed(spec, "maxEntries", maxEntries);
}

/** The ring `spec` with events of this layout, to be loaded instead of it. */
export function withEvents<Spec extends MapSpec>(spec: Spec, value: Layout<unknown>): Spec {
  return changed(spec, "value", value);
}

/** The array of programs `spec` that holds others from the start, to be loaded instead of it. */
export function withPrograms<Spec extends MapSpec & ProgArraySpec>(
  spec: Spec,
  programs: ProgArraySpec["programs"],
): Spec {
  return changed(spec, "programs", programs);
}

/** The map of maps `spec` whose maps are like `inner`, to be loaded instead of it. */
export function withInner<Spec extends MapSpec>(spec: Spec, inner: MapSpec): Spec {
  return changed(spec, "inner", inner);
}

function changed<Spec extends MapSpec>(spec: Spec, name: string, value: unknown): Spec {
  isMapSpec(spec, "what is changed");
  const other = Object.create(Object.getPrototypeOf(spec) as object | null) as Spec;
  const described = Object.getOwnPropertyDescriptors(spec);
  Object.defineProperties(other, { ...described, [name]: { value, enumerable: true } });
  origins.set(other, originOf(spec));
  return Object.freeze(other);
}

/** The map as it was declared. */
export function originOf(spec: MapSpec): MapSpec {
  return origins.get(spec) ?? spec;
}
