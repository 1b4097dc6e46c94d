/**
 * Building functions: operations appended to a current block, variables turned into single assignments on the way.
 *
 * Variables are followed as in Braun et al., "Simple and Efficient Construction of Static Single Assignment Form" (CC
 * 2013): a read looks for the last write in the block, then in its predecessors; a block whose predecessors are not
 * all known yet gets a parameter, filled in when it is sealed; a parameter that turns out to have one meaning is
 * removed.
 * @module
 */
import { assert } from "../../base/assert.ts";
import type { SourceLine } from "../../isa/instruction.ts";
import type { Block, Branch, IrFunction, Successor, Terminator, ValueNote } from "./function.ts";
import { successors } from "./function.ts";
import type { Operand, Operation, StackSlot, Value } from "./operation.ts";
import { replaceUses, rewriteOperation, rewriteTerminator } from "./uses.ts";

/** A variable of the source, an identity to write to and read from. */
export interface Variable {
  readonly name: string;
}

/** An operation as its maker writes it: without a result, which the builder gives. */
export type OperationWithoutResult = Operation extends infer One
  ? One extends Operation
    ? Omit<One, "result" | "source">
    : never
  : never;

/** Builds one function. */
export class FunctionBuilder {
  readonly function: IrFunction;
  /** The block that operations go to. */
  current: Block;
  /** Put on every operation made from now on. */
  source: SourceLine | undefined;
  #loopDepth = 0;
  readonly #states = new Map<Block, BlockState>();
  /** What removed parameters turned out to be; whoever read them before may still hold them. */
  readonly #meanings = new Map<Value, Operand>();

  constructor(name: string, parameters: readonly string[]) {
    this.function = { name, blocks: [], slots: [], values: [] };
    this.current = this.block();
    this.seal(this.current);
    for (const parameter of parameters) {
      this.current.parameters.push(this.value({ name: parameter }));
    }
  }

  /** A new, empty block. It is not sealed: predecessors may still come. */
  block(): Block {
    const block: Block = {
      id: this.function.blocks.length,
      parameters: [],
      operations: [],
      terminator: { kind: "unfinished" },
      loopDepth: this.#loopDepth,
    };
    this.function.blocks.push(block);
    this.#states.set(block, newState());
    return block;
  }

  /** Runs `build` with blocks counted as one loop deeper. */
  inLoop(build: () => void): void {
    this.#loopDepth += 1;
    build();
    this.#loopDepth -= 1;
  }

  /** A new value. */
  value(note: ValueNote = {}): Value {
    return (this.function.values.push(note) - 1) as Value;
  }

  /** A new part of the stack. */
  slot(name: string, size: number, alignment: number): StackSlot {
    const slot = { id: this.function.slots.length, name, size, alignment };
    this.function.slots.push(slot);
    return slot;
  }

  /** Appends an operation that defines a value. */
  define(operation: OperationWithoutResult, note: ValueNote = {}): Value {
    const result = this.value(note);
    this.#append({ ...operation, result } as Operation);
    return result;
  }

  /** Appends an operation that is done for its effect. */
  effect(operation: OperationWithoutResult): void {
    this.#append(operation as Operation);
  }

  /** Whether the current block has ended, so that what follows can never run. */
  get ended(): boolean {
    return this.current.terminator.kind !== "unfinished";
  }

  jump(block: Block): void {
    this.#end({ kind: "jump", to: { block, arguments: [] } });
  }

  branch(condition: Pick<Branch, "op" | "width" | "left" | "right">, targets: BranchTargets): void {
    const [then, otherwise] = [targets.then, targets.else].map((block) => ({
      block,
      arguments: [],
    }));
    this.#end({ kind: "branch", ...condition, then: then!, else: otherwise! });
  }

  return(result?: Operand): void {
    this.#end({ kind: "return", result });
  }

  /** Says that no further predecessor of `block` will come. */
  seal(block: Block): void {
    const state = this.#state(block);
    assert(!state.sealed, `block ${block.id} is sealed twice`);
    state.sealed = true;
    for (const [variable, parameter] of state.incomplete) {
      this.#fillParameter(block, variable, parameter);
    }
    state.incomplete.clear();
  }

  /** Gives a variable a new value from here on. */
  write(variable: Variable, value: Operand): void {
    this.#state(this.current).variables.set(variable, this.#resolve(value));
  }

  /** The value a variable has here. */
  read(variable: Variable): Operand {
    return this.#read(variable, this.current);
  }

  #read(variable: Variable, block: Block): Operand {
    const { variables } = this.#state(block);
    const known = variables.get(variable);
    if (known !== undefined) return known;
    const found = this.#readFromPredecessors(variable, block);
    this.#state(block).variables.set(variable, found);
    return found;
  }

  #readFromPredecessors(variable: Variable, block: Block): Operand {
    const state = this.#state(block);
    if (!state.sealed) {
      const parameter = this.#addParameter(block, variable);
      state.incomplete.set(variable, parameter);
      return parameter;
    }
    const [only, ...more] = state.predecessors;
    if (only === undefined) return 0n; // Only unreachable code reads a variable that nothing has written.
    if (more.length === 0) return this.#read(variable, only);
    const parameter = this.#addParameter(block, variable);
    state.variables.set(variable, parameter);
    return this.#fillParameter(block, variable, parameter);
  }

  #addParameter(block: Block, variable: Variable): Value {
    const parameter = this.value({ name: variable.name });
    block.parameters.push(parameter);
    return parameter;
  }

  /** Lets every predecessor pass its value of the variable; returns the parameter, or what it turned out to be. */
  #fillParameter(block: Block, variable: Variable, parameter: Value): Operand {
    for (const predecessor of this.#state(block).predecessors) {
      // Reading may remove other parameters, of this block too: what was read is put in its place at once.
      const argument = this.#read(variable, predecessor);
      const index = block.parameters.indexOf(parameter);
      for (const edge of edgesTo(predecessor, block)) edge.arguments[index] = argument;
    }
    return this.#simplify(block, parameter);
  }

  /** Removes a parameter that is always one and the same value. Those that become so by it are left to a pass. */
  #simplify(block: Block, parameter: Value): Operand {
    const index = block.parameters.indexOf(parameter);
    const edges = this.#state(block).predecessors.flatMap((from) => edgesTo(from, block));
    const meanings = new Set(edges.map((edge) => edge.arguments[index]!));
    meanings.delete(parameter);
    if (meanings.size !== 1) return parameter;
    const [meaning] = meanings;
    block.parameters.splice(index, 1);
    for (const edge of edges) edge.arguments.splice(index, 1);
    this.#meanings.set(parameter, meaning!);
    replaceUses(this.function, parameter, meaning!);
    for (const state of this.#states.values()) state.replace(parameter, meaning!);
    return meaning!;
  }

  #append(operation: Operation): void {
    if (this.ended) return;
    operation.source ??= this.source;
    rewriteOperation(operation, (operand) => this.#resolve(operand));
    this.current.operations.push(operation);
  }

  #end(terminator: Terminator): void {
    if (this.ended) return;
    terminator.source ??= this.source;
    rewriteTerminator(terminator, (operand) => this.#resolve(operand));
    this.current.terminator = terminator;
    for (const { block } of successors(terminator)) {
      const { predecessors, sealed } = this.#state(block);
      assert(!sealed, `block ${block.id} is sealed and gets another predecessor`);
      if (!predecessors.includes(this.current)) predecessors.push(this.current);
    }
  }

  /** `operand`, or what it turned out to be since it was read. */
  #resolve(operand: Operand): Operand {
    let found = operand;
    while (typeof found !== "bigint" && this.#meanings.has(found))
      found = this.#meanings.get(found)!;
    return found;
  }

  #state(block: Block): BlockState {
    const state = this.#states.get(block);
    assert(state !== undefined, `block ${block.id} belongs to another function`);
    return state;
  }
}

/** The two blocks of a branch. */
export interface BranchTargets {
  readonly then: Block;
  readonly else: Block;
}

/** What is known of a block while its function is being built. */
interface BlockState {
  sealed: boolean;
  readonly predecessors: Block[];
  readonly variables: Map<Variable, Operand>;
  readonly incomplete: Map<Variable, Value>;
  replace(from: Value, to: Operand): void;
}

function newState(): BlockState {
  const variables = new Map<Variable, Operand>();
  return {
    sealed: false,
    predecessors: [],
    variables,
    incomplete: new Map(),
    replace: (from, to) => {
      for (const [variable, value] of variables) if (value === from) variables.set(variable, to);
    },
  };
}

function edgesTo(from: Block, to: Block): Successor[] {
  return successors(from.terminator).filter(({ block }) => block === to);
}
