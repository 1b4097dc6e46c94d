/**
 * Removes extensions of what is small enough already.
 *
 * For each value the number of low bits that can be set is estimated: loads, 32-bit operations and masks bound it,
 * and a parameter is as large as the largest of its arguments.
 * @module
 */
import { successors, type IrFunction, type Successor } from "../ir/function.ts";
import type {
  Binary,
  BinaryOperator,
  Operand,
  Operation,
  OperationKind,
  Value,
} from "../ir/operation.ts";
import { resultOf } from "../ir/uses.ts";
import { applyReplacements } from "./rewriting.ts";

/** Replaces extensions and masks that change nothing by their operands. */
export function removeExtensions(fn: IrFunction): boolean {
  const bits = findKnownBits(fn);
  const replacements = new Map<Value, Operand>();
  for (const { operations } of fn.blocks) {
    for (const operation of operations) {
      const same = unchangedOperand(operation, bits);
      if (same !== undefined) replacements.set(resultOf(operation)!, same);
    }
  }
  return applyReplacements(fn, replacements);
}

/** Number of low bits of an operand that can be set; all others are zero. */
export type Bits = (operand: Operand) => number;

/** What is known of all values of `fn`. */
export function findKnownBits(fn: IrFunction): Bits {
  const sizes = findSizes(fn);
  return (operand) => sizeOf(operand, sizes);
}

function unchangedOperand(operation: Operation, bits: Bits): Operand | undefined {
  if (operation.kind === "extend") {
    const { operand, signed } = operation;
    const room = signed ? operation.bits - 1 : operation.bits;
    return bits(operand) <= room ? operand : undefined;
  }
  if (operation.kind !== "binary" || operation.op !== "and") return undefined;
  const { left, right } = operation;
  if (typeof right !== "bigint" || typeof left === "bigint") return undefined;
  const covered = (1n << BigInt(bits(left))) - 1n;
  const isClean = operation.width === 64 || bits(left) <= 32;
  return isClean && (BigInt.asUintN(64, right) & covered) === covered ? left : undefined;
}

type Sizes = Map<Value, number>;

/** Bits of all values: everything starts small and grows until nothing changes. */
function findSizes(fn: IrFunction): Sizes {
  const sizes: Sizes = new Map();
  for (const parameter of fn.blocks[0]!.parameters) sizes.set(parameter, 64);
  while (growSizes(fn, sizes));
  return sizes;
}

/** One round over the function; returns whether any size grew. */
function growSizes(fn: IrFunction, sizes: Sizes): boolean {
  let changed = false;
  const grow = (value: Value, bits: number): void => {
    if (bits <= (sizes.get(value) ?? 0)) return;
    sizes.set(value, bits);
    changed = true;
  };
  const measure = (operand: Operand): number => sizeOf(operand, sizes);
  const growParameters = ({ block, arguments: given }: Successor): void =>
    block.parameters.forEach((parameter, index) => grow(parameter, measure(given[index]!)));
  for (const { operations, terminator } of fn.blocks) {
    for (const operation of operations) {
      const result = resultOf(operation);
      if (result !== undefined) grow(result, resultBits(operation, measure));
    }
    successors(terminator).forEach(growParameters);
  }
  return changed;
}

function sizeOf(operand: Operand, sizes: Sizes): number {
  if (typeof operand !== "bigint") return sizes.get(operand) ?? 0;
  if (operand < 0n) return 64;
  return operand === 0n ? 0 : operand.toString(2).length;
}

type Measures = {
  readonly [Kind in OperationKind]?: (
    operation: Extract<Operation, { kind: Kind }>,
    bits: Bits,
  ) => number;
};

/** Kinds that are not here can have any of 64 bits set. */
const measures: Measures = {
  load: ({ signed, bytes }) => (signed ? 64 : 8 * bytes),
  "load-slot": ({ signed, bytes }) => (signed ? 64 : 8 * bytes),
  extend: (operation, bits) => {
    const before = bits(operation.operand);
    if (!operation.signed) return Math.min(operation.bits, before);
    return before < operation.bits ? before : 64;
  },
  swap: ({ bits }) => bits,
  negate: ({ width }) => width,
  atomic: ({ bytes }) => 8 * bytes,
  binary: ({ op, width, left, right }, bits) => {
    const [a, b] = [Math.min(width, bits(left)), Math.min(width, bits(right))];
    return binaryMeasures[op]?.({ a, b, width, right }) ?? width;
  },
};

function resultBits(operation: Operation, bits: Bits): number {
  const measure = measures[operation.kind] as
    | ((operation: Operation, bits: Bits) => number)
    | undefined;
  return measure?.(operation, bits) ?? 64;
}

/** Bits of both sides, and what else matters. */
interface BinarySizes extends Pick<Binary, "width" | "right"> {
  readonly a: number;
  readonly b: number;
}

/**
 * Operators that are not here can set all bits of their width. Quotients and remainders are not, nor is what is shifted
 * by a distance that is not constant: the verifier knows nothing of them, so that a mask behind one has to stay.
 */
const binaryMeasures: { readonly [Op in BinaryOperator]?: (sizes: BinarySizes) => number } = {
  and: ({ a, b }) => Math.min(a, b),
  or: ({ a, b }) => Math.max(a, b),
  xor: ({ a, b }) => Math.max(a, b),
  rsh: ({ a, width, right }) =>
    typeof right === "bigint" ? Math.max(0, a - Number(right & BigInt(width - 1))) : width,
};
