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
 * Reachable blocks, each behind those that go to it, but for the ways back in loops. Loops stay together, and blocks
 * that only end the function stand behind one that ends in a jump to them, else at the end.
 */
export function orderBlocks(blocks: readonly MachineBlock[]): MachineBlock[] {
  const reachable = reversePostorder(blocks[0]);
  const [entry, ...others] = reachable;
  const endings = new Set(others.filter(isEnding));
  const ordered: MachineBlock[] = entry === undefined ? [] : [entry];
  for (const block of others) {
    if (isEnding(block)) continue;
    ordered.push(...endingBehind(ordered.at(-1), endings), block);
  }
  return [...ordered, ...endingBehind(ordered.at(-1), endings), ...endings];
}

/** Takes from `endings` the one that `block` jumps to. */
function endingBehind(block: MachineBlock | undefined, endings: Set<MachineBlock>): MachineBlock[] {
  if (block?.terminator.kind !== "jump") return [];
  const { to } = block.terminator;
  return endings.delete(to) ? [to] : [];
}

function isEnding({ operations, terminator }: MachineBlock): boolean {
  return terminator.kind === "exit" && operations.length <= 2;
}

/** Each block before those it goes to. What is visited first comes last: endings, then ways out of loops. */
function reversePostorder(entry: MachineBlock | undefined): MachineBlock[] {
  const order: MachineBlock[] = [];
  const seen = new Set<MachineBlock>();
  const path: { readonly block: MachineBlock; readonly next: MachineBlock[] }[] = [];
  const enter = (block: MachineBlock | undefined): void => {
    if (block === undefined || seen.has(block)) return;
    seen.add(block);
    path.push({ block, next: visitingOrder(block).toReversed() });
  };
  enter(entry);
  for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
    if (top.next.length > 0) enter(top.next.pop());
    else order.push(path.pop()!.block);
  }
  return order.toReversed();
}

function visitingOrder({ terminator }: MachineBlock): MachineBlock[] {
  return machineSuccessors(terminator).toSorted(
    (left, right) =>
      left.loopDepth - right.loopDepth || Number(isEnding(right)) - Number(isEnding(left)),
  );
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
