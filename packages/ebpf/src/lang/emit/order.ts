/**
 * The order of blocks in the program: what is likely to follow comes right behind, so that jumps fall through.
 * @module
 */
import {
  machineSuccessors,
  type MachineBlock,
  type MachineOperation,
  type MachineTerminator,
} from "../registers/machine.ts";

/**
 * Reachable blocks in an order in which each comes after one that goes to it. Loops stay together: the deeper
 * successor is placed first; of two alike the `else` side, since conditions mostly guard the way out.
 */
export function orderBlocks(blocks: readonly MachineBlock[]): MachineBlock[] {
  const ordered: MachineBlock[] = [];
  const placed = new Set<MachineBlock>();
  const pending = blocks.slice(0, 1);
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (placed.has(next)) continue;
    placed.add(next);
    ordered.push(next);
    // What is pushed last is placed next: the deepest successor, of two alike the second.
    const successors = machineSuccessors(next.terminator);
    pending.push(...successors.toSorted((left, right) => left.loopDepth - right.loopDepth));
  }
  return ordered;
}

/**
 * Lets jumps to blocks in which nothing is left but a jump go on to where it leads. Only now it is known which moves
 * were needed. A branch with one target on both sides becomes a jump.
 */
export function skipEmptyBlocks(blocks: readonly MachineBlock[]): void {
  for (const block of blocks) block.terminator = withoutDetours(block.terminator);
}

function withoutDetours(terminator: MachineTerminator): MachineTerminator {
  if (terminator.kind === "exit") return terminator;
  if (terminator.kind === "jump") return { ...terminator, to: destinationOf(terminator.to) };
  const [then, otherwise] = [destinationOf(terminator.then), destinationOf(terminator.else)];
  if (then === otherwise) return { kind: "jump", to: then, source: terminator.source };
  return { ...terminator, then, else: otherwise };
}

function destinationOf(block: MachineBlock): MachineBlock {
  const passed = new Set<MachineBlock>();
  let found = block;
  while (found.terminator.kind === "jump" && found.operations.every(isNothing)) {
    if (passed.has(found)) return found;
    passed.add(found);
    found = found.terminator.to;
  }
  return found;
}

/** Whether an operation is a move of a register to itself. */
export function isNothing(operation: MachineOperation): boolean {
  return operation.kind === "move" && operation.width === 64 && operation.dst === operation.src;
}
