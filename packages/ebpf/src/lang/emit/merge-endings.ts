/**
 * Endings that are the same are written once: who ends in `r0 = 0; exit` jumps to the block that does.
 *
 * Only a constant result and the end are shared. More would be shorter still, but the verifier refuses an
 * instruction that it meets with pointers of different kinds.
 * @module
 */
import type { MachineBlock, MachineOperation } from "../registers/machine.ts";

/** Replaces endings that several blocks have in common by jumps to one block, added where there is none. */
export function mergeEndings(blocks: MachineBlock[]): void {
  const groups = Map.groupBy(blocks, endingOf);
  groups.delete(undefined);
  for (const [, group] of groups) {
    if (group.length > 1) shareEnding(group, blocks);
  }
}

/** The constant that a block ends the function with, as its last operation sets it. */
function endingOf({ operations, terminator }: MachineBlock): bigint | undefined {
  const last = operations.at(-1);
  if (terminator.kind !== "exit" || last?.kind !== "move" || last.dst !== 0) return undefined;
  return typeof last.src === "bigint" && last.width === 64 ? last.src : undefined;
}

function shareEnding(group: readonly MachineBlock[], blocks: MachineBlock[]): void {
  const [first] = group;
  const ending = group.find(isEnding) ?? splitEnding(first!, blocks);
  for (const block of group) {
    if (block === ending || block.terminator.kind !== "exit") continue;
    block.operations.pop();
    block.terminator = { kind: "jump", to: ending, source: block.terminator.source };
  }
}

/** Whether a block does nothing but end. The first one has to stay the first. */
function isEnding({ id, operations }: MachineBlock): boolean {
  return id !== 0 && operations.length === 1;
}

/** A new block with the end of `block`. */
function splitEnding(
  { operations, terminator }: MachineBlock,
  blocks: MachineBlock[],
): MachineBlock {
  const last: MachineOperation = { ...operations.at(-1)! };
  const ending = { id: nextId(blocks), operations: [last], terminator, loopDepth: 0 };
  blocks.push(ending);
  return ending;
}

function nextId(blocks: readonly MachineBlock[]): number {
  return blocks.reduce((most, { id }) => Math.max(most, id), 0) + 1;
}
