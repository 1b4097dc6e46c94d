/**
 * Arithmetic and comparisons as RFC 9669 §4 defines them, on bigints from 0 to 2^64 - 1.
 *
 * Written to be read beside the RFC; the interpreter uses it and the compiled engine is held against it. It is not fast.
 * @module
 */
import type {
  AluOperation,
  AtomicOperation,
  Comparison,
  SwapOrder,
  Width,
} from "../../isa/instruction.ts";

type Operate = (a: bigint, b: bigint, width: Width) => bigint;

const operations: { readonly [Op in AluOperation]: Operate } = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => (b === 0n ? 0n : a / b),
  sdiv: (a, b, width) => (b === 0n ? 0n : BigInt.asIntN(width, a) / BigInt.asIntN(width, b)),
  or: (a, b) => a | b,
  and: (a, b) => a & b,
  lsh: (a, b, width) => a << (b & BigInt(width - 1)),
  rsh: (a, b, width) => a >> (b & BigInt(width - 1)),
  mod: (a, b) => (b === 0n ? a : a % b),
  smod: (a, b, width) => (b === 0n ? a : BigInt.asIntN(width, a) % BigInt.asIntN(width, b)),
  xor: (a, b) => a ^ b,
  mov: (_, b) => b,
  arsh: (a, b, width) => BigInt.asIntN(width, a) >> (b & BigInt(width - 1)),
};

/** `a op b` on `width` bits, the bits above them zero. */
export function calculate(op: AluOperation, width: Width, a: bigint, b: bigint): bigint {
  const result = operations[op](BigInt.asUintN(width, a), BigInt.asUintN(width, b), width);
  return BigInt.asUintN(width, result);
}

type Compare = (a: bigint, b: bigint, width: Width) => boolean;

const comparisons: { readonly [Op in Comparison]: Compare } = {
  eq: (a, b) => a === b,
  ne: (a, b) => a !== b,
  gt: (a, b) => a > b,
  ge: (a, b) => a >= b,
  lt: (a, b) => a < b,
  le: (a, b) => a <= b,
  set: (a, b) => (a & b) !== 0n,
  sgt: (a, b, width) => BigInt.asIntN(width, a) > BigInt.asIntN(width, b),
  sge: (a, b, width) => BigInt.asIntN(width, a) >= BigInt.asIntN(width, b),
  slt: (a, b, width) => BigInt.asIntN(width, a) < BigInt.asIntN(width, b),
  sle: (a, b, width) => BigInt.asIntN(width, a) <= BigInt.asIntN(width, b),
};

/** Whether `a op b` holds on the low `width` bits. */
export function compare(op: Comparison, width: Width, a: bigint, b: bigint): boolean {
  return comparisons[op](BigInt.asUintN(width, a), BigInt.asUintN(width, b), width);
}

/** The low `bits` bits as `order` wants them on a little-endian machine, the rest zero. §4.2 */
export function swapBytes(order: SwapOrder, bits: 16 | 32 | 64, value: bigint): bigint {
  let rest = BigInt.asUintN(bits, value);
  if (order === "le") return rest;
  let swapped = 0n;
  for (let done = 0; done < bits; done += 8) {
    swapped = (swapped << 8n) | (rest & 0xffn);
    rest >>= 8n;
  }
  return swapped;
}

/** What an atomic operation stores over `old`; `compared` is r0. §5.3 */
export function combine(op: AtomicOperation, old: bigint, value: bigint, compared: bigint): bigint {
  if (op === "xchg") return value;
  if (op === "cmpxchg") return old === compared ? value : old;
  return operations[op.replace("fetch_", "") as "add" | "or" | "and" | "xor"](old, value, 64);
}
