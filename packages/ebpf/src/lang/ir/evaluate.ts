/**
 * What pure operations compute, on constants: for folding, and for the interpreter.
 *
 * Numbers go in and come out as signed bigints of 64 bits, as operands hold them. Division and shifts do what the
 * kernel does (RFC 9669 §4.1): division by zero gives zero, the remainder of it the dividend, shifts count modulo the
 * width.
 * @module
 */
import type { Comparison, Width } from "../../isa/instruction.ts";
import type { BinaryOperator, Extend, SwapBytes } from "./operation.ts";

/** `left op right` of this width, zero-extended when it is 32. */
export function evaluateBinary(
  op: BinaryOperator,
  width: Width,
  left: bigint,
  right: bigint,
): bigint {
  const sides: Sides = {
    a: BigInt.asUintN(width, left),
    b: BigInt.asUintN(width, right),
    signedA: BigInt.asIntN(width, left),
    signedB: BigInt.asIntN(width, right),
    shift: right & BigInt(width - 1),
  };
  return signed64(BigInt.asUintN(width, binary[op](sides)));
}

/** Whether `left op right` holds, compared with this width. */
export function evaluateComparison(
  op: Comparison,
  width: Width,
  left: bigint,
  right: bigint,
): boolean {
  const [a, b] = [BigInt.asUintN(width, left), BigInt.asUintN(width, right)];
  const [signedA, signedB] = [BigInt.asIntN(width, left), BigInt.asIntN(width, right)];
  return comparisons[op]({ a, b, signedA, signedB, shift: 0n });
}

/** `-operand` of this width. */
export function evaluateNegate(width: Width, operand: bigint): bigint {
  return signed64(BigInt.asUintN(width, -operand));
}

/** The lower bits of the operand, extended. */
export function evaluateExtend(
  { signed, bits }: Pick<Extend, "signed" | "bits">,
  operand: bigint,
): bigint {
  return signed ? BigInt.asIntN(bits, operand) : BigInt.asUintN(bits, operand);
}

/** The lower bits of the operand with their bytes turned round: what a swap does on little-endian machines. */
export function evaluateSwap(bits: SwapBytes["bits"], operand: bigint): bigint {
  let result = 0n;
  for (let at = 0n; at < BigInt(bits); at += 8n)
    result = (result << 8n) | ((operand >> at) & 0xffn);
  return signed64(result);
}

/** The 64 bits of `value` as a signed number, the form of constants in operands. */
export function signed64(value: bigint): bigint {
  return BigInt.asIntN(64, value);
}

interface Sides {
  readonly a: bigint;
  readonly b: bigint;
  readonly signedA: bigint;
  readonly signedB: bigint;
  readonly shift: bigint;
}

const binary: { readonly [Op in BinaryOperator]: (sides: Sides) => bigint } = {
  add: ({ a, b }) => a + b,
  sub: ({ a, b }) => a - b,
  mul: ({ a, b }) => a * b,
  div: ({ a, b }) => (b === 0n ? 0n : a / b),
  sdiv: ({ signedA, signedB }) => (signedB === 0n ? 0n : signedA / signedB),
  or: ({ a, b }) => a | b,
  and: ({ a, b }) => a & b,
  lsh: ({ a, shift }) => a << shift,
  rsh: ({ a, shift }) => a >> shift,
  mod: ({ a, b }) => (b === 0n ? a : a % b),
  smod: ({ signedA, signedB }) => (signedB === 0n ? signedA : signedA % signedB),
  xor: ({ a, b }) => a ^ b,
  arsh: ({ signedA, shift }) => signedA >> shift,
};

const comparisons: { readonly [Op in Comparison]: (sides: Sides) => boolean } = {
  eq: ({ a, b }) => a === b,
  ne: ({ a, b }) => a !== b,
  gt: ({ a, b }) => a > b,
  ge: ({ a, b }) => a >= b,
  lt: ({ a, b }) => a < b,
  le: ({ a, b }) => a <= b,
  sgt: ({ signedA, signedB }) => signedA > signedB,
  sge: ({ signedA, signedB }) => signedA >= signedB,
  slt: ({ signedA, signedB }) => signedA < signedB,
  sle: ({ signedA, signedB }) => signedA <= signedB,
  set: ({ a, b }) => (a & b) !== 0n,
};
