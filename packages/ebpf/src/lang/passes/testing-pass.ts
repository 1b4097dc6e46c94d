/**
 * What tests of passes share: building a small function, running one pass, and the text of what is left.
 * @module
 */
import { assert } from "../../base/assert.ts";
import { FunctionBuilder, type OperationWithoutResult } from "../ir/builder.ts";
import type { IrFunction } from "../ir/function.ts";
import type { BinaryOperator, Operand, Value } from "../ir/operation.ts";
import { printFunction } from "../ir/print.ts";
import { verifyFunction } from "../ir/verify.ts";

/** Builds the body of a function of two parameters, `a` and `b`. */
export type Build = (builder: FunctionBuilder, a: Value, b: Value) => void;

/** The function that `build` builds, verified. */
export function functionOf(build: Build): IrFunction {
  const builder = new FunctionBuilder("f", ["a", "b"]);
  const [a, b] = builder.current.parameters;
  build(builder, a!, b!);
  verifyFunction(builder.function);
  return builder.function;
}

/** The lines of the function behind its head, after a pass ran once over it. */
export function textAfter(pass: (fn: IrFunction) => boolean, build: Build): string[] {
  const fn = functionOf(build);
  const before = printFunction(fn);
  const changed = pass(fn);
  verifyFunction(fn, "the pass");
  const after = printFunction(fn);
  assert(changed === (before !== after), `the pass says ${changed}:\n${after}`);
  return after
    .split("\n")
    .slice(1)
    .map((line) => line.trim());
}

/** Ends the current block in a branch, and each side in the return of its number: 1 where the condition holds. */
export function returnCondition(
  builder: FunctionBuilder,
  condition: Parameters<FunctionBuilder["branch"]>[0],
): void {
  const [then, otherwise] = [builder.block(), builder.block()];
  builder.branch(condition, { then, else: otherwise });
  [otherwise, then].forEach((block, index) => {
    builder.seal(block);
    builder.current = block;
    builder.return(BigInt(index));
  });
}

/** A 64-bit operation. */
export function binary64(
  op: BinaryOperator,
  left: Operand,
  right: Operand,
): OperationWithoutResult {
  return { kind: "binary", op, width: 64, left, right };
}

/** A 32-bit operation. */
export function binary32(
  op: BinaryOperator,
  left: Operand,
  right: Operand,
): OperationWithoutResult {
  return { kind: "binary", op, width: 32, left, right };
}
