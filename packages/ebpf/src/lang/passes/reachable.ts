/**
 * Leaves out what can never run.
 * @module
 */
import type { IrFunction } from "../ir/function.ts";
import { reversePostorder } from "../ir/graph.ts";

/** Removes blocks that no way from the entry leads to. Returns whether there were any. */
export function removeUnreachable(fn: IrFunction): boolean {
  const reachable = new Set(reversePostorder(fn));
  if (reachable.size === fn.blocks.length) return false;
  const staying = fn.blocks.filter((block) => reachable.has(block));
  fn.blocks.splice(0, fn.blocks.length, ...staying);
  return true;
}
