/**
 * Comparisons turned round.
 * @module
 */
import type { Comparison } from "../../isa/instruction.ts";

const negations: { readonly [Op in Comparison]: Comparison | undefined } = {
  eq: "ne",
  ne: "eq",
  gt: "le",
  le: "gt",
  ge: "lt",
  lt: "ge",
  sgt: "sle",
  sle: "sgt",
  sge: "slt",
  slt: "sge",
  // The machine has no "no common bits".
  set: undefined,
};

/** The comparison that holds exactly when `op` does not, where there is one. */
export function negated(op: Comparison): Comparison | undefined {
  return negations[op];
}
