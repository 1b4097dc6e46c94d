/**
 * What helpers give to the functions they call back.
 * @module
 */
import type { HelperName } from "../../../helper/helper-id.ts";
import type { KeyedMapSpec, MapSpec } from "../../../spec/map-spec.ts";
import type { Value } from "../../ir/operation.ts";
import type { CallSite } from "../call-site.ts";
import { kernelStructOf } from "../context/kernel-types.ts";
import { constant, numberScalar, regions } from "../entity.ts";
import { layoutType } from "../layout-types.ts";
import type { Lowering } from "../lowering.ts";
import { placeBehind } from "../memory/place.ts";
import { uint32, withRange } from "../range.ts";
import { valueOf } from "../scalar.ts";
import { voidType } from "../type.ts";
import type { CallbackParameter, CallbackShape } from "./callback.ts";

/** What the body of a loop is given (kernel/bpf/bpf_iter.c): the number of the turn. */
export const loopShape: CallbackShape = {
  name: "loop",
  parameters: [
    {
      name: "index",
      type: "u64",
      entity: (lowering, register) => numberScalar(withRange(lowering, register, uint32)),
    },
  ],
  hasContext: true,
  result: "stop",
};

/** How a helper calls its function; the map is the one the helper was given. */
export function shapeOf(
  site: CallSite,
  helper: HelperName,
  map: MapSpec | undefined,
): CallbackShape {
  const make = shapes[helper];
  if (make === undefined)
    return site.fail(
      `functions cannot be given to bpf.${site.name} yet`,
      "use loop, a timer or forEachMapElem",
    );
  if (map === undefined && mapNeeded.has(helper)) {
    site.fail("which map this lies in is not known", "take it from a lookup in this function");
  }
  return make(map as Keyed);
}

/** Helpers whose functions are given elements. */
const mapNeeded: ReadonlySet<HelperName> = new Set(["for_each_map_elem", "timer_set_callback"]);

type Keyed = KeyedMapSpec<never, unknown, unknown> & MapSpec;

const shapes: { readonly [Name in HelperName]?: (map: Keyed) => CallbackShape } = {
  loop: () => loopShape,
  for_each_map_elem: (map) => ({
    name: `elements of ${map.name}`,
    parameters: element(map),
    hasContext: true,
    result: "stop",
  }),
  timer_set_callback: (map) => ({
    name: `timer in ${map.name}`,
    parameters: element(map),
    hasContext: false,
    result: "zero",
  }),
  find_vma: () => ({
    name: "find_vma",
    parameters: [kernelObject("task", "task_struct"), kernelObject("vma", "vm_area_struct")],
    hasContext: true,
    result: "stop",
  }),
  user_ringbuf_drain: () => ({
    name: "user_ringbuf_drain",
    parameters: [
      {
        name: "dynptr",
        type: "pointer",
        entity: (_, operand) => {
          const target = { ...voidType, name: "struct bpf_dynptr" };
          return {
            kind: "pointer",
            type: { target, region: regions.untracked, nullable: false },
            operand,
          };
        },
      },
    ],
    hasContext: true,
    result: "stop",
  }),
};

/** The map, the key, the value. */
function element(map: Keyed): readonly CallbackParameter[] {
  return [
    { name: "map", type: "pointer", entity: () => constant(map) },
    {
      name: "key",
      type: "pointer",
      entity: (lowering, register) => {
        const type = { target: layoutType(map.key), region: regions["map-key"], nullable: false };
        const { node } = lowering.source;
        return valueOf(lowering, placeBehind(lowering, register, type), node);
      },
    },
    {
      name: "value",
      type: "pointer",
      entity: (_: Lowering, operand: Value) => {
        const target = layoutType(map.value);
        const region = regions["map-value"];
        return { kind: "pointer", type: { target, region, nullable: false, map }, operand };
      },
    },
  ];
}

function kernelObject(name: string, struct: string): CallbackParameter {
  return {
    name,
    type: "pointer",
    entity: (lowering, operand) => {
      const target = kernelStructOf(lowering, struct);
      return {
        kind: "pointer",
        type: { target, region: regions.kernel, nullable: false },
        operand,
      };
    },
  };
}
