/**
 * Puts the bodies of functions in the place of their calls: those that are short, or called from one place only.
 *
 * A call costs more than it shows: what lives across it has four registers and then the stack. The block is cut in two at
 * the call, a copy of the function goes between, and its returns become jumps. Functions whose address is taken stay as
 * well; who is not called any more is not removed here.
 * @module
 */
import { successors, type Block, type IrFunction, type Terminator } from "../ir/function.ts";
import type { Call, Operand, Operation, StackSlot, Value } from "../ir/operation.ts";
import { resultOf, rewriteOperation, rewriteTerminator } from "../ir/uses.ts";

/** Operations of a function that is short. */
const shortest = 32;

/** Inlines calls among the functions of a program. Callees come before their callers, but for the main function, the first. */
export function inlineCalls(functions: readonly IrFunction[]): void {
  const [main, ...others] = functions;
  const byName = new Map(functions.map((fn) => [fn.name, fn]));
  const sites = callSites(functions);
  const inlined = (operation: Operation): IrFunction | undefined => {
    const callee = calleeOf(operation, byName);
    const isWanted = callee && (sites.get(callee) === 1 || lengthOf(callee) <= shortest);
    return isWanted === true ? callee : undefined;
  };
  for (const fn of [...others, ...(main === undefined ? [] : [main])]) inlineInto(fn, inlined);
}

/** How many calls of each function there are. */
function callSites(functions: readonly IrFunction[]): ReadonlyMap<IrFunction, number> {
  const byName = new Map(functions.map((fn) => [fn.name, fn]));
  const sites = new Map<IrFunction, number>();
  for (const operation of functions.flatMap(operationsOf)) {
    const callee = calleeOf(operation, byName);
    if (callee !== undefined) sites.set(callee, (sites.get(callee) ?? 0) + 1);
  }
  return sites;
}

function calleeOf(
  operation: Operation,
  byName: ReadonlyMap<string, IrFunction>,
): IrFunction | undefined {
  const isLocal = operation.kind === "call" && operation.callee.kind === "local";
  return isLocal ? byName.get(operation.callee.name) : undefined;
}

function operationsOf({ blocks }: IrFunction): Operation[] {
  return blocks.flatMap(({ operations }) => operations);
}

function lengthOf(fn: IrFunction): number {
  return operationsOf(fn).length;
}

function inlineInto(
  fn: IrFunction,
  inlined: (operation: Operation) => IrFunction | undefined,
): void {
  // Blocks that are cut off go to the end, and are gone through as well.
  for (const block of fn.blocks) {
    const index = block.operations.findIndex((operation) => inlined(operation) !== undefined);
    if (index === -1) continue;
    const call = block.operations[index] as Call;
    const callee = inlined(call)!;
    const rest = cutBehind(fn, block, index);
    const entry = new Copy({ fn, callee, around: block, rest }).make();
    // As with a real call, arguments that nobody takes go nowhere.
    const given = call.arguments.slice(0, entry.parameters.length);
    block.terminator = {
      kind: "jump",
      to: { block: entry, arguments: given },
      source: call.source,
    };
  }
}

/** Moves what is behind a call into a block of its own, whose parameter is what the call gave. */
function cutBehind(fn: IrFunction, block: Block, index: number): Block {
  const call = block.operations[index]!;
  const result = resultOf(call);
  const rest: Block = {
    id: nextId(fn),
    parameters: result === undefined ? [] : [result],
    operations: block.operations.slice(index + 1),
    terminator: block.terminator,
    loopDepth: block.loopDepth,
  };
  fn.blocks.push(rest);
  block.operations = block.operations.slice(0, index);
  return rest;
}

function nextId({ blocks }: IrFunction): number {
  return Math.max(...blocks.map(({ id }) => id)) + 1;
}

interface CopyPlace {
  /** The function that calls. */
  readonly fn: IrFunction;
  readonly callee: IrFunction;
  /** Where the call was. */
  readonly around: Block;
  /** Where returns lead. */
  readonly rest: Block;
}

/** One copy of a function inside of another. */
class Copy {
  readonly #place: CopyPlace;
  readonly #values = new Map<Value, Value>();
  readonly #slots = new Map<StackSlot, StackSlot>();
  readonly #blocks = new Map<Block, Block>();

  constructor(place: CopyPlace) {
    this.#place = place;
  }

  /** Adds the copy's blocks; the one it starts with, which takes the arguments. */
  make(): Block {
    const { fn, callee } = this.#place;
    for (const slot of callee.slots) {
      const copy = { ...slot, id: fn.slots.length };
      fn.slots.push(copy);
      this.#slots.set(slot, copy);
    }
    for (const block of callee.blocks) this.#begin(block);
    for (const block of callee.blocks) {
      const copy = this.#blocks.get(block)!;
      copy.operations = block.operations.map((operation) => this.#operation(operation));
      copy.terminator = this.#terminator(block.terminator);
    }
    return this.#blocks.get(callee.blocks[0]!)!;
  }

  #begin(block: Block): void {
    const { fn, around } = this.#place;
    const copy: Block = {
      id: nextId(fn),
      parameters: block.parameters.map((parameter) => this.#value(parameter)),
      operations: [],
      terminator: { kind: "unfinished" },
      loopDepth: around.loopDepth + block.loopDepth,
    };
    fn.blocks.push(copy);
    this.#blocks.set(block, copy);
  }

  #value(value: Value): Value {
    const known = this.#values.get(value);
    if (known !== undefined) return known;
    const { fn, callee } = this.#place;
    const copy = (fn.values.push({ ...callee.values[value] }) - 1) as Value;
    this.#values.set(value, copy);
    return copy;
  }

  readonly #operand = (operand: Operand): Operand =>
    typeof operand === "bigint" ? operand : this.#value(operand);

  #operation(operation: Operation): Operation {
    const copy = { ...operation };
    const result = resultOf(copy);
    if ("result" in copy && result !== undefined) copy.result = this.#value(result);
    if ("slot" in copy) copy.slot = this.#slots.get(copy.slot)!;
    if (copy.kind === "call") {
      Object.assign(copy, { touches: copy.touches.map((slot) => this.#slots.get(slot)!) });
    }
    rewriteOperation(copy, this.#operand);
    return copy;
  }

  #terminator(terminator: Terminator): Terminator {
    const { rest } = this.#place;
    if (terminator.kind === "return") {
      const given = rest.parameters.length === 0 ? [] : [this.#operand(terminator.result ?? 0n)];
      return { kind: "jump", to: { block: rest, arguments: given }, source: terminator.source };
    }
    const copy = structuredCopy(terminator);
    rewriteTerminator(copy, this.#operand);
    for (const edge of successors(copy)) edge.block = this.#blocks.get(edge.block)!;
    return copy;
  }
}

/** A terminator with edges of its own. */
function structuredCopy(terminator: Terminator): Terminator {
  if (terminator.kind === "jump") return { ...terminator, to: { ...terminator.to } };
  if (terminator.kind !== "branch") return { ...terminator };
  return { ...terminator, then: { ...terminator.then }, else: { ...terminator.else } };
}
