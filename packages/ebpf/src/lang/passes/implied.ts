/**
 * Conditions that are known where they are asked: the same was asked before, on the only way to here.
 * @module
 */
import type { Comparison } from "../../isa/instruction.ts";
import type { Block, Branch, IrFunction } from "../ir/function.ts";
import { findDominators, incomingEdges, type Dominators } from "../ir/graph.ts";
import type { Operand } from "../ir/operation.ts";
import { negated } from "../ir/comparison.ts";

/** Turns branches on conditions that are known into jumps. */
export function removeImplied(fn: IrFunction): boolean {
  const facts = new Facts(fn);
  let changed = false;
  for (const block of fn.blocks) {
    const { terminator } = block;
    if (terminator.kind !== "branch") continue;
    const holds = facts.decide(block, terminator);
    if (holds === undefined) continue;
    const to = holds ? terminator.then : terminator.else;
    block.terminator = { kind: "jump", to, source: terminator.source };
    changed = true;
  }
  return changed;
}

/** A comparison that is known to hold. */
interface Fact extends Pick<Branch, "width" | "left" | "right"> {
  readonly op: Comparison;
}

class Facts {
  readonly #dominators: Dominators;
  /** What the only edge into a block says. */
  readonly #known = new Map<Block, Fact>();

  constructor(fn: IrFunction) {
    this.#dominators = findDominators(fn);
    for (const [block, edges] of incomingEdges(fn)) {
      const [only, ...more] = edges;
      const branch = only?.from.terminator;
      if (branch?.kind !== "branch" || more.length > 0) continue;
      const op = branch.then.block === block ? branch.op : negated(branch.op);
      const { width, left, right } = branch;
      if (op !== undefined) this.#known.set(block, { op, width, left, right });
    }
  }

  /** Whether the condition of a branch at the end of `block` holds, if that is known. */
  decide(block: Block, branch: Branch): boolean | undefined {
    for (let up: Block | undefined = block; up !== undefined; up = this.#dominators.get(up)) {
      const fact = this.#known.get(up);
      const holds = fact === undefined ? undefined : decideBy(fact, branch);
      if (holds !== undefined) return holds;
    }
    return undefined;
  }
}

function decideBy(fact: Fact, { op, width, left, right }: Branch): boolean | undefined {
  if (fact.width !== width || !isSame(fact.left, left) || !isSame(fact.right, right)) {
    return undefined;
  }
  if (implied[fact.op].includes(op)) return true;
  const opposite = negated(op);
  return opposite !== undefined && implied[fact.op].includes(opposite) ? false : undefined;
}

function isSame(left: Operand, right: Operand): boolean {
  return left === right;
}

/** What holds of two operands besides what is known of them. */
const implied: { readonly [Op in Comparison]: readonly Comparison[] } = {
  eq: ["eq", "ge", "le", "sge", "sle"],
  ne: ["ne"],
  gt: ["gt", "ge", "ne"],
  ge: ["ge"],
  lt: ["lt", "le", "ne"],
  le: ["le"],
  sgt: ["sgt", "sge", "ne"],
  sge: ["sge"],
  slt: ["slt", "sle", "ne"],
  sle: ["sle"],
  set: ["set"],
};
