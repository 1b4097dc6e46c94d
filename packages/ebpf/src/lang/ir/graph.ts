/**
 * The shape of a function: in which order its blocks can be met, who goes where, who dominates whom.
 * @module
 */
import { successors, type Block, type IrFunction, type Successor } from "./function.ts";

/** Blocks that can be reached, each before those it goes to, but for the edges back to the head of a loop. */
export function reversePostorder(fn: IrFunction): Block[] {
  const order: Block[] = [];
  const seen = new Set<Block>();
  const visit = (entry: Block): void => {
    const path = [{ block: entry, next: 0 }];
    seen.add(entry);
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const successor = successors(top.block.terminator)[top.next++];
      if (successor === undefined) order.push(path.pop()!.block);
      else if (!seen.has(successor.block)) {
        seen.add(successor.block);
        path.push({ block: successor.block, next: 0 });
      }
    }
  };
  if (fn.blocks[0] !== undefined) visit(fn.blocks[0]);
  return order.toReversed();
}

/** An edge: the block it comes from, and what it passes. */
export interface IncomingEdge {
  readonly from: Block;
  readonly edge: Successor;
}

/** The edges into each block of the function. */
export function incomingEdges(fn: IrFunction): Map<Block, IncomingEdge[]> {
  const incoming = new Map<Block, IncomingEdge[]>(fn.blocks.map((block) => [block, []]));
  for (const from of fn.blocks) {
    for (const edge of successors(from.terminator)) incoming.get(edge.block)?.push({ from, edge });
  }
  return incoming;
}

/** For each reachable block the block that every way to it passes last; the entry has none. */
export type Dominators = ReadonlyMap<Block, Block | undefined>;

/**
 * Immediate dominators, by the iteration of Cooper, Harvey and Kennedy, "A Simple, Fast Dominance Algorithm" (2001):
 * the dominator of a block is where the ways up from its predecessors meet.
 */
export function findDominators(fn: IrFunction): Dominators {
  const order = reversePostorder(fn);
  const rank = new Map(order.map((block, index) => [block, index]));
  const incoming = incomingEdges(fn);
  const parent = new Map<Block, Block | undefined>();
  const meet = (left: Block, right: Block): Block => {
    let [a, b] = [left, right];
    while (a !== b) {
      if (rank.get(a)! > rank.get(b)!) a = parent.get(a)!;
      else b = parent.get(b)!;
    }
    return a;
  };
  const [entry, ...others] = order;
  if (entry !== undefined) parent.set(entry, undefined);
  for (let changed = true; changed;) {
    changed = false;
    for (const block of others) {
      const known = incoming.get(block)!.flatMap(({ from }) => (parent.has(from) ? [from] : []));
      const dominator = known.reduce(meet);
      changed ||= parent.get(block) !== dominator;
      parent.set(block, dominator);
    }
  }
  return parent;
}

/** Whether every way from the entry to `block` passes `by`; a block dominates itself. */
export function isDominatedBy(dominators: Dominators, block: Block, by: Block): boolean {
  for (let up: Block | undefined = block; up !== undefined; up = dominators.get(up)) {
    if (up === by) return true;
  }
  return false;
}
