/**
 * Jump threading: who comes to a branch with what decides it goes on to where it leads.
 *
 * Only around blocks that do nothing but branch. What decides is a constant, or a pointer that is known to be
 * present where the branch asks for null. A loop whose first round is sure to run gets its test at the end by this.
 * @module
 */
import { evaluateComparison } from "../ir/evaluate.ts";
import type { Block, Branch, IrFunction, Successor } from "../ir/function.ts";
import { incomingEdges, type IncomingEdge } from "../ir/graph.ts";
import type { Operand, Value } from "../ir/operation.ts";
import { throughBlock } from "./blocks.ts";
import { findPresent } from "./present.ts";
import { removeUnreachable } from "./reachable.ts";
import { repairReaders } from "./repair.ts";

/** Leads edges past blocks that only branch on what these edges pass. */
export function threadJumps(fn: IrFunction): boolean {
  const present = findPresent(fn);
  let changed = false;
  for (const block of fn.blocks.slice(1)) {
    const { operations, parameters, terminator } = block;
    if (terminator.kind !== "branch" || operations.length + Number(parameters.length === 0) > 0) {
      continue;
    }
    // Blocks that lost their last way in meanwhile are still here, and have no edges.
    const edges = incomingEdges(fn).get(block) ?? [];
    const decided = edges.flatMap((incoming) => {
      const to = destination(block, {
        branch: terminator,
        given: incoming.edge.arguments,
        present,
      });
      return to === undefined || to.block === block ? [] : [{ ...incoming, to }];
    });
    if (decided.length === 0) continue;
    goAround(fn, block, decided);
    changed = true;
  }
  return changed;
}

interface Arrival {
  readonly branch: Branch;
  readonly given: readonly Operand[];
  readonly present: ReadonlySet<Value>;
}

/** Where a branch leads who passes `given`, if that decides it. */
function destination(block: Block, { branch, given, present }: Arrival): Successor | undefined {
  const passed = (operand: Operand): Operand =>
    typeof operand === "bigint" ? operand : (given[block.parameters.indexOf(operand)] ?? operand);
  const { op, width } = branch;
  const [left, right] = [passed(branch.left), passed(branch.right)];
  const isDecided = left !== branch.left || right !== branch.right;
  if (!isDecided) return undefined;
  if (typeof left === "bigint" && typeof right === "bigint") {
    return evaluateComparison(op, width, left, right) ? branch.then : branch.else;
  }
  const isPresent = typeof left !== "bigint" && present.has(left) && right === 0n && width === 64;
  if (!isPresent || (op !== "eq" && op !== "ne")) return undefined;
  return op === "ne" ? branch.then : branch.else;
}

interface Decided extends IncomingEdge {
  readonly to: Successor;
}

function goAround(fn: IrFunction, block: Block, decided: readonly Decided[]): void {
  const meanings = new Map<Block, readonly Operand[]>();
  for (const { from, edge, to } of decided) {
    const given = edge.arguments;
    const detour: Block = {
      id: nextId(fn),
      parameters: [],
      operations: [],
      terminator: {
        kind: "jump",
        to: { block: to.block, arguments: throughBlock(block, given, to) },
        source: from.terminator.source,
      },
      loopDepth: Math.min(from.loopDepth, to.block.loopDepth),
    };
    fn.blocks.push(detour);
    meanings.set(detour, given);
    edge.block = detour;
    edge.arguments = [];
  }
  removeUnreachable(fn);
  repairReaders(fn, { around: block, values: block.parameters, meanings });
}

function nextId(fn: IrFunction): number {
  return fn.blocks.reduce((most, { id }) => Math.max(most, id), 0) + 1;
}
