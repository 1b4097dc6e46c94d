/**
 * Functions of the intermediate representation, their blocks, and how blocks end.
 * @module
 */
import type { Comparison, Width } from "../../isa/instruction.ts";
import type { Located, Operand, Operation, StackSlot, Value } from "./operation.ts";

/** A function: its first block is where it starts, and has the function's parameters as its own. */
export interface IrFunction {
  readonly name: string;
  readonly blocks: Block[];
  readonly slots: StackSlot[];
  /** What is known of each value, by its number. */
  readonly values: ValueNote[];
}

/** What is known of a value beside its definition. */
export interface ValueNote {
  /** The variable it is a state of, for the dump. */
  readonly name?: string | undefined;
  /** Whether it points into memory that the verifier tracks. Such values are never computed twice, nor selected. */
  readonly pointer?: boolean | undefined;
  /** Whether it is a pointer that is never null, as that of the start of a packet. */
  readonly present?: boolean | undefined;
}

/** A block: operations in a row, then one terminator. */
export interface Block {
  readonly id: number;
  readonly parameters: Value[];
  operations: Operation[];
  terminator: Terminator;
  /** Number of loops around it, as the source nests them. */
  readonly loopDepth: number;
}

/** How a block ends. */
export type Terminator = Jump | Branch | Return | Unfinished;

/** Goes on in another block. */
export interface Jump extends Located {
  kind: "jump";
  to: Successor;
}

/** Goes on in one of two blocks: `then` when `left op right` holds. */
export interface Branch extends Located {
  kind: "branch";
  op: Comparison;
  width: Width;
  left: Operand;
  right: Operand;
  then: Successor;
  else: Successor;
}

/** Ends the function. Programs always return a value. */
export interface Return extends Located {
  kind: "return";
  result?: Operand | undefined;
}

/** A block still being built; none is left when a function is finished. */
export interface Unfinished extends Located {
  kind: "unfinished";
}

/** A block with the arguments for its parameters. */
export interface Successor {
  block: Block;
  arguments: Operand[];
}

/** Where a terminator may go. */
export function successors(terminator: Terminator): readonly Successor[] {
  if (terminator.kind === "jump") return [terminator.to];
  return terminator.kind === "branch" ? [terminator.then, terminator.else] : [];
}
