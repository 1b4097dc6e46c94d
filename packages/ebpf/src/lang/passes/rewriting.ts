/**
 * What passes share: where values are defined, and putting others in their place.
 * @module
 */
import type { IrFunction } from "../ir/function.ts";
import type { Operand, Operation, Value } from "../ir/operation.ts";
import { resultOf, rewriteBlock } from "../ir/uses.ts";

/** The operation that defines each value; parameters have none. */
export function findDefinitions(fn: IrFunction): Map<Value, Operation> {
  const definitions = new Map<Value, Operation>();
  for (const { operations } of fn.blocks) {
    for (const operation of operations) {
      const result = resultOf(operation);
      if (result !== undefined) definitions.set(result, operation);
    }
  }
  return definitions;
}

/** What stands in place of values. A replacement may itself be replaced. */
export type Replacements = ReadonlyMap<Value, Operand>;

/** What is left of `operand` after all replacements. */
export function resolve(operand: Operand, replacements: Replacements): Operand {
  let found = operand;
  for (;;) {
    const next: Operand | undefined =
      typeof found === "bigint" ? undefined : replacements.get(found);
    if (next === undefined) return found;
    found = next;
  }
}

/**
 * Replaces values everywhere and removes the operations that defined them. Returns whether there were any.
 * Parameters are only replaced; who replaces one removes it.
 */
export function applyReplacements(fn: IrFunction, replacements: Replacements): boolean {
  if (replacements.size === 0) return false;
  for (const block of fn.blocks) {
    block.operations = block.operations.filter((operation) => {
      const result = resultOf(operation);
      return result === undefined || !replacements.has(result);
    });
    rewriteBlock(block, (operand) => resolve(operand, replacements));
  }
  return true;
}
