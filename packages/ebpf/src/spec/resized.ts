/**
 * Maps of another size than they were declared with.
 *
 * How large a map shall be is often known only when a program is loaded, while the program refers to the map as it was
 * declared. The resized spec takes its place in the collection that names it; the declared one stays as it is.
 * @module
 */
import type { MapSpec } from "./map-spec.ts";

const origins = new WeakMap<MapSpec, MapSpec>();

/**
 * The map `spec` with room for `maxEntries` elements, for ring buffers bytes. Load it instead: programs that use `spec`
 * find it. Nothing is checked here; the kernel refuses sizes that its kind of map cannot have.
 */
export function resized<Spec extends MapSpec>(spec: Spec, maxEntries: number): Spec {
  const other = Object.create(Object.getPrototypeOf(spec) as object | null) as Spec;
  const described = Object.getOwnPropertyDescriptors(spec);
  Object.defineProperties(other, {
    ...described,
    maxEntries: { ...described.maxEntries, value: maxEntries },
  });
  origins.set(other, originOf(spec));
  return Object.freeze(other);
}

/** The map as it was declared. */
export function originOf(spec: MapSpec): MapSpec {
  return origins.get(spec) ?? spec;
}
