/**
 * Maps and variables that the function captured: what it means to name one.
 * @module
 */
import type { GlobalSpec, MapSpec } from "../../../spec/map-spec.ts";
import type { Place } from "../entity.ts";
import { regions } from "../entity.ts";
import { layoutType } from "../layout-types.ts";
import type { Lowering } from "../lowering.ts";

/** Whether a value of the running program is the specification of a map. */
export function isMapSpec(value: unknown): value is MapSpec {
  return (
    typeof value === "object" &&
    value !== null &&
    "kind" in value &&
    value.kind === "map" &&
    "type" in value &&
    "maxEntries" in value
  );
}

/** Notes that the program uses a map. */
export function useMap(lowering: Lowering, map: MapSpec): void {
  lowering.program.maps.set(map.name, map);
}

/** A variable shared with user space, as a place in the only value of its map. */
export function globalPlace(lowering: Lowering, spec: GlobalSpec<unknown>): Place {
  useMap(lowering, spec);
  const operation = { kind: "map-value-address", map: spec.name, offset: 0 } as const;
  const base = lowering.builder.define(operation, { pointer: true });
  const region = spec.variable === "config" ? regions.readonly : regions.global;
  const address = { kind: "memory", base, offset: 0 } as const;
  return { kind: "place", type: layoutType(spec.layout), region, address };
}
