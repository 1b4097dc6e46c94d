/**
 * Pointers that are never null: addresses, what the front end knows to be present, and places reached from them.
 * @module
 */
import { successors, type IrFunction } from "../ir/function.ts";
import type { Operand, Operation, Value } from "../ir/operation.ts";
import { resultOf } from "../ir/uses.ts";

/** Values of `fn` that are pointers and never null. A parameter is when everything passed to it is. */
export function findPresent(fn: IrFunction): ReadonlySet<Value> {
  const present = new Set<Value>();
  fn.values.forEach(({ present: isKnown }, value) => {
    if (isKnown === true) present.add(value as Value);
  });
  for (const block of fn.blocks.slice(1)) for (const value of block.parameters) present.add(value);
  for (const { operations } of fn.blocks) {
    for (const operation of operations) {
      const result = resultOf(operation);
      if (result !== undefined && mayBePresent(operation)) present.add(result);
    }
  }
  while (removeDoubtful(fn, present));
  return present;
}

const addresses: ReadonlySet<string> = new Set([
  "slot-address",
  "map-address",
  "map-value-address",
  "function-address",
]);

function mayBePresent(operation: Operation): boolean {
  return addresses.has(operation.kind) || isStep(operation);
}

/** From a pointer to another in the same object. */
function isStep(operation: Operation): operation is Extract<Operation, { kind: "binary" }> {
  return operation.kind === "binary" && operation.op === "add" && operation.width === 64;
}

/** Removes what is reached from, or may be, something that is not known to be present. */
function removeDoubtful(fn: IrFunction, present: Set<Value>): boolean {
  const before = present.size;
  const isPresent = (operand: Operand): boolean =>
    typeof operand !== "bigint" && present.has(operand);
  for (const { operations, terminator } of fn.blocks) {
    for (const operation of operations) {
      if (!isStep(operation) || fn.values[operation.result]?.present === true) continue;
      const isPointer = fn.values[operation.result]?.pointer === true;
      if (!isPointer || !isPresent(operation.left)) present.delete(operation.result);
    }
    for (const { block, arguments: given } of successors(terminator)) {
      block.parameters.forEach((parameter, index) => {
        if (!isPresent(given[index]!)) present.delete(parameter);
      });
    }
  }
  return present.size < before;
}
