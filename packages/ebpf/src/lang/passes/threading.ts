/**
 * Jump threading: whoever comes to a branch with constants that decide it goes on to where it leads.
 * @module
 */
import { evaluateComparison } from "../ir/evaluate.ts";
import { successors, type IrFunction, type Successor } from "../ir/function.ts";
import type { Operand } from "../ir/operation.ts";
import { findReaders, isBypassable, throughBlock, type Readers } from "./blocks.ts";
import { removeUnreachable } from "./reachable.ts";

/** Leads edges past blocks that only branch on what these edges pass. */
export function threadJumps(fn: IrFunction): boolean {
  const readers = findReaders(fn);
  let changed = false;
  for (const { terminator } of fn.blocks) {
    for (const edge of successors(terminator)) changed = thread(edge, readers) || changed;
  }
  if (changed) removeUnreachable(fn);
  return changed;
}

function thread(edge: Successor, readers: Readers): boolean {
  const { block, arguments: given } = edge;
  const { terminator } = block;
  if (terminator.kind !== "branch" || !isBypassable(block, readers)) return false;
  const passed = (operand: Operand): Operand =>
    typeof operand === "bigint" ? operand : (given[block.parameters.indexOf(operand)] ?? operand);
  const [left, right] = [passed(terminator.left), passed(terminator.right)];
  if (typeof left !== "bigint" || typeof right !== "bigint") return false;
  const holds = evaluateComparison(terminator.op, terminator.width, left, right);
  const next = holds ? terminator.then : terminator.else;
  if (next.block === block) return false;
  edge.arguments = throughBlock(block, given, next);
  edge.block = next.block;
  return true;
}
