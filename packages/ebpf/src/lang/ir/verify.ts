/**
 * Checks that a function is in order: single assignment, definitions before uses, edges that fit.
 *
 * It is run in tests and, in debug mode, after every pass, so that a pass that breaks something is caught at once and
 * by name. What it finds is a mistake of ours; it knows nothing about what the kernel allows.
 * @module
 */
import { assert } from "../../base/assert.ts";
import { successors, type Block, type IrFunction } from "./function.ts";
import { findDominators, isDominatedBy, type Dominators } from "./graph.ts";
import type { Operand, StackSlot, Value } from "./operation.ts";
import { printOperation } from "./print.ts";
import { operandsOf, operandsOfTerminator, resultOf } from "./uses.ts";

/**
 * Returns when `fn` is well formed.
 * @throws an internal error that names the function, the block and what is wrong. `stage` says after what.
 */
export function verifyFunction(fn: IrFunction, stage = "building"): void {
  assert(fn.blocks.length > 0, `${fn.name} after ${stage}: no blocks`);
  const check = new Check(fn, stage);
  for (const block of fn.blocks) check.edges(block);
  for (const block of fn.blocks) check.define(block);
  for (const block of fn.blocks) check.block(block);
}

/** Where a value is defined: the index is -1 for parameters. */
interface Definition {
  readonly block: Block;
  readonly index: number;
}

class Check {
  readonly #fn: IrFunction;
  readonly #stage: string;
  readonly #blocks: ReadonlySet<Block>;
  readonly #slots: ReadonlySet<StackSlot>;
  /** Found when they are first asked for: when all edges are known to be in order. */
  #dominators: Dominators | undefined;
  readonly #definitions = new Map<Value, Definition>();

  constructor(fn: IrFunction, stage: string) {
    this.#fn = fn;
    this.#stage = stage;
    this.#blocks = new Set(fn.blocks);
    this.#slots = new Set(fn.slots);
  }

  define(block: Block): void {
    for (const parameter of block.parameters) this.#defineValue(parameter, { block, index: -1 });
    block.operations.forEach((operation, index) => {
      const result = resultOf(operation);
      if (result !== undefined) this.#defineValue(result, { block, index });
    });
  }

  block(block: Block): void {
    block.operations.forEach((operation, index) => {
      const text = printOperation(this.#fn, operation);
      for (const operand of operandsOf(operation)) this.#use(operand, { block, index }, text);
      if ("slot" in operation) {
        this.#require(this.#slots.has(operation.slot), block, `foreign slot in ${text}`);
      }
      if (operation.kind === "call") {
        const fits = operation.arguments.length <= 5;
        this.#require(fits, block, `more than five arguments in ${text}`);
      }
    });
    for (const operand of operandsOfTerminator(block.terminator)) {
      this.#use(operand, { block, index: block.operations.length }, block.terminator.kind);
    }
  }

  edges(block: Block): void {
    const { terminator } = block;
    this.#require(terminator.kind !== "unfinished", block, "not finished");
    for (const { block: to, arguments: given } of successors(terminator)) {
      this.#require(this.#blocks.has(to), block, `goes to b${to.id}, which is not there`);
      this.#require(to !== this.#fn.blocks[0], block, "goes to the entry");
      const [wants, gets] = [to.parameters.length, given.length];
      this.#require(wants === gets, block, `passes ${gets} of ${wants} arguments to b${to.id}`);
    }
  }

  #defineValue(value: Value, definition: Definition): void {
    const isNew = !this.#definitions.has(value);
    this.#require(isNew, definition.block, `%${value} is defined twice`);
    const isKnown = value < this.#fn.values.length;
    this.#require(isKnown, definition.block, `%${value} is not a value of the function`);
    this.#definitions.set(value, definition);
  }

  #use(operand: Operand, at: Definition, text: string): void {
    this.#require(operand !== undefined, at.block, `missing operand in ${text}`);
    if (typeof operand === "bigint") {
      const isSigned = BigInt.asIntN(64, operand) === operand;
      this.#require(isSigned, at.block, `${operand} is not of 64 bits with sign in ${text}`);
      return;
    }
    const definition = this.#definitions.get(operand);
    if (definition === undefined) this.#fail(at.block, `%${operand} is not defined, in ${text}`);
    const dominators = (this.#dominators ??= findDominators(this.#fn));
    if (!dominators.has(at.block)) return; // What never runs reads nothing.
    const isBefore =
      definition.block === at.block
        ? definition.index < at.index
        : isDominatedBy(dominators, at.block, definition.block);
    this.#require(isBefore, at.block, `%${operand} may be read before it is defined, in ${text}`);
  }

  #require(condition: boolean, block: Block, message: string): void {
    if (!condition) this.#fail(block, message);
  }

  #fail(block: Block, message: string): never {
    assert(false, `${this.#fn.name} after ${this.#stage}, b${block.id}: ${message}`);
  }
}
