/**
 * Drops what a reader of few bits would cut off anyway: extensions and masks before stores and 32-bit operations.
 * @module
 */
import type { IrFunction } from "../ir/function.ts";
import type { Operand, Operation, Value } from "../ir/operation.ts";
import { findDefinitions } from "./rewriting.ts";

/** Lets readers of the low bits read what was there before it was extended or masked. */
export function narrowReads(fn: IrFunction): boolean {
  const definitions = findDefinitions(fn);
  let changed = false;
  const strip = (operand: Operand, bits: number): Operand => {
    const found = stripExtensions(operand, bits, definitions);
    changed ||= found !== operand;
    return found;
  };
  for (const { operations, terminator } of fn.blocks) {
    for (const operation of operations) narrowOperation(operation, strip);
    if (terminator.kind !== "branch" || terminator.width !== 32) continue;
    terminator.left = strip(terminator.left, 32);
    terminator.right = strip(terminator.right, 32);
  }
  return changed;
}

type Strip = (operand: Operand, bits: number) => Operand;

function narrowOperation(operation: Operation, strip: Strip): void {
  if (operation.kind === "store" || operation.kind === "store-slot") {
    operation.stored = strip(operation.stored, 8 * operation.bytes);
  } else if (operation.kind === "extend" || operation.kind === "swap") {
    operation.operand = strip(operation.operand, operation.bits);
  } else if (operation.kind === "binary" && operation.width === 32) {
    operation.left = strip(operation.left, 32);
    operation.right = strip(operation.right, 32);
  } else if (operation.kind === "negate" && operation.width === 32) {
    operation.operand = strip(operation.operand, 32);
  }
}

/** The first value behind `operand` that can differ from it in the low `bits` bits. */
function stripExtensions(
  operand: Operand,
  bits: number,
  definitions: ReadonlyMap<Value, Operation>,
): Operand {
  let found = operand;
  for (;;) {
    const definition = typeof found === "bigint" ? undefined : definitions.get(found);
    const behind = definition && operandBehind(definition, bits);
    if (behind === undefined) return found;
    found = behind;
  }
}

function operandBehind(definition: Operation, bits: number): Operand | undefined {
  if (definition.kind === "extend") {
    return definition.bits >= bits ? definition.operand : undefined;
  }
  if (definition.kind !== "binary" || definition.op !== "and") return undefined;
  const { left, right, width } = definition;
  if (typeof right !== "bigint" || width < bits) return undefined;
  const low = (1n << BigInt(bits)) - 1n;
  return (right & low) === low ? left : undefined;
}
