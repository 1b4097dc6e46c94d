/**
 * Simplifies the graph: blocks that only follow one other are joined to it, those that only jump on are left out,
 * and returns of the same become one.
 * @module
 */
import { successors, type Block, type IrFunction, type Successor } from "../ir/function.ts";
import { incomingEdges } from "../ir/graph.ts";
import type { Operand, Value } from "../ir/operation.ts";
import { operandsOf, operandsOfTerminator } from "../ir/uses.ts";
import { removeUnreachable } from "./reachable.ts";
import { applyReplacements } from "./rewriting.ts";

/** Joins each block to the one block that jumps to it. */
export function mergeBlocks(fn: IrFunction): boolean {
  removeUnreachable(fn);
  const incoming = incomingEdges(fn);
  const replacements = new Map<Value, Operand>();
  const gone = new Set<Block>();
  for (const block of fn.blocks) {
    if (gone.has(block)) continue;
    for (let end = block.terminator; end.kind === "jump"; end = block.terminator) {
      const { block: next, arguments: given } = end.to;
      if (next === block || next === fn.blocks[0] || incoming.get(next)!.length > 1) break;
      next.parameters.forEach((parameter, index) => replacements.set(parameter, given[index]!));
      block.operations.push(...next.operations);
      block.terminator = next.terminator;
      gone.add(next);
    }
  }
  if (gone.size === 0) return false;
  fn.blocks.splice(0, fn.blocks.length, ...fn.blocks.filter((block) => !gone.has(block)));
  applyReplacements(fn, replacements);
  return true;
}

/** Leads past blocks that only jump on, and makes branches that lead to one place on both sides jumps. */
export function skipEmptyBlocks(fn: IrFunction): boolean {
  const readers = findReaders(fn);
  let changed = false;
  for (const block of fn.blocks) {
    for (const edge of successors(block.terminator)) {
      changed = skip(edge, readers) || changed;
    }
    const { terminator } = block;
    if (terminator.kind === "branch" && isSame(terminator.then, terminator.else)) {
      block.terminator = { kind: "jump", to: terminator.then, source: terminator.source };
      changed = true;
    }
  }
  return removeUnreachable(fn) || changed;
}

/** Makes blocks that only return the same operand one block. */
export function mergeReturns(fn: IrFunction): boolean {
  const known = new Map<Operand, Block>();
  const doubles = new Map<Block, Block>();
  for (const block of fn.blocks.slice(1)) {
    const { operations, parameters, terminator } = block;
    if (terminator.kind !== "return" || operations.length + parameters.length > 0) continue;
    const first = known.get(terminator.result ?? 0n);
    if (first === undefined) known.set(terminator.result ?? 0n, block);
    else doubles.set(block, first);
  }
  for (const { terminator } of fn.blocks) {
    for (const edge of successors(terminator)) edge.block = doubles.get(edge.block) ?? edge.block;
  }
  return removeUnreachable(fn);
}

/** Blocks in which each value is read. */
export type Readers = ReadonlyMap<Value, ReadonlySet<Block>>;

/** The readers of all values. */
export function findReaders(fn: IrFunction): Readers {
  const readers = new Map<Value, Set<Block>>();
  for (const block of fn.blocks) {
    const read = [
      ...block.operations.flatMap(operandsOf),
      ...operandsOfTerminator(block.terminator),
    ];
    for (const operand of read) {
      if (typeof operand === "bigint") continue;
      readers.set(operand, (readers.get(operand) ?? new Set()).add(block));
    }
  }
  return readers;
}

/** Whether nobody but the block itself reads its parameters, so that a way around it is no loss. */
export function isBypassable(block: Block, readers: Readers): boolean {
  return (
    block.operations.length === 0 &&
    block.parameters.every((parameter) => {
      const blocks = readers.get(parameter);
      return blocks === undefined || (blocks.size === 1 && blocks.has(block));
    })
  );
}

/** What `edge` of a block passes on, when the block is reached with `given`. */
export function throughBlock(block: Block, given: readonly Operand[], edge: Successor): Operand[] {
  return edge.arguments.map((argument) => {
    const index = typeof argument === "bigint" ? -1 : block.parameters.indexOf(argument);
    return index === -1 ? argument : given[index]!;
  });
}

function skip(edge: Successor, readers: Readers): boolean {
  const { block } = edge;
  if (block.terminator.kind !== "jump" || block.terminator.to.block === block) return false;
  if (!isBypassable(block, readers)) return false;
  const { to } = block.terminator;
  // Blocks that only jump to each other would be followed round for ever.
  if (to.block.terminator.kind === "jump" && to.block.terminator.to.block === block) return false;
  edge.arguments = throughBlock(block, edge.arguments, to);
  edge.block = to.block;
  return true;
}

function isSame(left: Successor, right: Successor): boolean {
  return (
    left.block === right.block &&
    left.arguments.every((argument, index) => argument === right.arguments[index])
  );
}
