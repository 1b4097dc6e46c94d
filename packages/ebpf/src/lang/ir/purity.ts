/**
 * Which operations only compute, so that they may be left out, shared or replaced.
 * @module
 */
import type { Operation, OperationKind } from "./operation.ts";

const effects: { readonly [Kind in OperationKind]: "none" | "reads" | "acts" } = {
  binary: "none",
  negate: "none",
  swap: "none",
  extend: "none",
  "slot-address": "none",
  "map-address": "none",
  "map-value-address": "none",
  "function-address": "none",
  "core-constant": "none",
  load: "reads",
  "load-slot": "reads",
  store: "acts",
  "store-slot": "acts",
  atomic: "acts",
  call: "acts",
};

/** `none`: the result depends on the operands alone; `reads`: on memory too; `acts`: it must happen. */
export function effectOf(operation: Operation): "none" | "reads" | "acts" {
  return effects[operation.kind];
}
