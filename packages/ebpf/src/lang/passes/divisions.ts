/**
 * Divisions of small numbers are made with 32 bits: on most machines that takes a fraction of the time.
 * @module
 */
import type { IrFunction } from "../ir/function.ts";
import { findKnownBits } from "./known-bits.ts";
import type { PassTarget } from "./target.ts";

/** Halves the width of divisions and remainders without sign whose sides fit in 32 bits. */
export function narrowDivisions(
  fn: IrFunction,
  { isaVersion }: PassTarget = { isaVersion: 3 },
): boolean {
  if (isaVersion < 3) return false;
  const bits = findKnownBits(fn);
  let changed = false;
  for (const { operations } of fn.blocks) {
    for (const operation of operations) {
      if (operation.kind !== "binary" || operation.width === 32) continue;
      const { op, left, right } = operation;
      if ((op !== "div" && op !== "mod") || bits(left) > 32 || bits(right) > 32) continue;
      operation.width = 32;
      changed = true;
    }
  }
  return changed;
}
