/**
 * Strength reduction: operations with a constant for which there is a cheaper one.
 * @module
 */
import type { IrFunction } from "../ir/function.ts";
import type { Binary, BinaryOperator, Operation } from "../ir/operation.ts";

/** Replaces multiplications, divisions and remainders by powers of two, subtractions of constants, and wide masks. */
export function reduceStrength(fn: IrFunction): boolean {
  let changed = false;
  for (const block of fn.blocks) {
    block.operations.forEach((operation, index) => {
      if (operation.kind !== "binary" || typeof operation.right !== "bigint") return;
      const reduced = reducers[operation.op]?.(operation, operation.right);
      if (reduced === undefined) return;
      block.operations[index] = reduced;
      changed = true;
    });
  }
  return changed;
}

type Reducer = (operation: Binary, constant: bigint) => Operation | undefined;

const reducers: { readonly [Op in BinaryOperator]?: Reducer } = {
  mul: (operation, constant) => {
    const power = powerOf(operation, constant);
    return power === undefined ? undefined : { ...operation, op: "lsh", right: power };
  },
  div: (operation, constant) => {
    const power = powerOf(operation, constant);
    return power === undefined ? undefined : { ...operation, op: "rsh", right: power };
  },
  mod: (operation, constant) => {
    const power = powerOf(operation, constant);
    if (power === undefined) return undefined;
    return { ...operation, op: "and", right: (1n << power) - 1n };
  },
  sub: (operation, constant) => ({
    ...operation,
    op: "add",
    right: BigInt.asIntN(operation.width, -constant),
  }),
  and: ({ width, left, result, source }, constant) => {
    if (width !== 64 || constant !== 0xffff_ffffn) return undefined;
    return { kind: "extend", signed: false, bits: 32, operand: left, result, source };
  },
};

/** The power of two that `constant` is, seen without sign. */
function powerOf({ width }: Binary, constant: bigint): bigint | undefined {
  const unsigned = BigInt.asUintN(width, constant);
  if (unsigned === 0n || (unsigned & (unsigned - 1n)) !== 0n) return undefined;
  return BigInt(unsigned.toString(2).length - 1);
}
