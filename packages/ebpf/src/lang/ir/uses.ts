/**
 * Which values operations and terminators read and define, and replacing one by another.
 * @module
 */
import type { Block, IrFunction, Terminator } from "./function.ts";
import { successors } from "./function.ts";
import type { Operand, Operation, OperationKind, Value } from "./operation.ts";

type Rewriters = {
  readonly [Kind in OperationKind]: (
    operation: Extract<Operation, { kind: Kind }>,
    rewrite: Rewrite,
  ) => void;
};

/** Gives what stands in place of something read. */
type Rewrite = <O extends Operand | undefined>(operand: O) => O;

/** For each kind, every place that reads is passed through `rewrite`. */
const rewriters: Rewriters = {
  binary: (operation, rewrite) => {
    operation.left = rewrite(operation.left);
    operation.right = rewrite(operation.right);
  },
  negate: (operation, rewrite) => {
    operation.operand = rewrite(operation.operand);
  },
  swap: (operation, rewrite) => {
    operation.operand = rewrite(operation.operand);
  },
  extend: (operation, rewrite) => {
    operation.operand = rewrite(operation.operand);
  },
  "slot-address": () => {},
  "map-address": () => {},
  "map-value-address": () => {},
  "function-address": () => {},
  load: (operation, rewrite) => {
    operation.base = rewrite(operation.base);
  },
  store: (operation, rewrite) => {
    operation.base = rewrite(operation.base);
    operation.stored = rewrite(operation.stored);
  },
  "load-slot": () => {},
  "store-slot": (operation, rewrite) => {
    operation.stored = rewrite(operation.stored);
  },
  atomic: (operation, rewrite) => {
    operation.base = rewrite(operation.base);
    operation.operand = rewrite(operation.operand);
    operation.expected = rewrite(operation.expected);
  },
  call: (operation, rewrite) => {
    operation.arguments = operation.arguments.map(rewrite);
  },
  "core-constant": () => {},
};

/** Passes everything `operation` reads through `rewrite`, and stores what comes back. */
export function rewriteOperation(
  operation: Operation,
  rewrite: (operand: Operand) => Operand,
): void {
  const each = rewriters[operation.kind] as (operation: Operation, rewrite: Rewrite) => void;
  each(operation, ((operand: Operand | undefined) =>
    operand === undefined ? undefined : rewrite(operand)) as Rewrite);
}

/** The same for a terminator, the arguments it passes included. */
export function rewriteTerminator(
  terminator: Terminator,
  rewrite: (operand: Operand) => Operand,
): void {
  if (terminator.kind === "branch") {
    terminator.left = rewrite(terminator.left);
    terminator.right = rewrite(terminator.right);
  }
  if (terminator.kind === "return" && terminator.result !== undefined) {
    terminator.result = rewrite(terminator.result);
  }
  for (const edge of successors(terminator)) edge.arguments = edge.arguments.map(rewrite);
}

/** Puts `to` wherever the function reads `from`. */
export function replaceUses(fn: IrFunction, from: Value, to: Operand): void {
  const rewrite = (operand: Operand): Operand => (operand === from ? to : operand);
  for (const block of fn.blocks) rewriteBlock(block, rewrite);
}

/** Passes everything a block reads through `rewrite`. */
export function rewriteBlock(block: Block, rewrite: (operand: Operand) => Operand): void {
  for (const operation of block.operations) rewriteOperation(operation, rewrite);
  rewriteTerminator(block.terminator, rewrite);
}

/** What an operation reads, constants included. */
export function operandsOf(operation: Operation): readonly Operand[] {
  const operands: Operand[] = [];
  rewriteOperation(operation, (operand) => {
    operands.push(operand);
    return operand;
  });
  return operands;
}

/** What a terminator reads, constants included. */
export function operandsOfTerminator(terminator: Terminator): readonly Operand[] {
  const operands: Operand[] = [];
  rewriteTerminator(terminator, (operand) => {
    operands.push(operand);
    return operand;
  });
  return operands;
}

/** The value an operation defines, if any. */
export function resultOf(operation: Operation): Value | undefined {
  return "result" in operation ? operation.result : undefined;
}
