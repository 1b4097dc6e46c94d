/**
 * Computes what is known before the program runs: operations on constants, and those that change nothing.
 * @module
 */
import type { Comparison } from "../../isa/instruction.ts";
import {
  evaluateBinary,
  evaluateComparison,
  evaluateExtend,
  evaluateNegate,
  evaluateSwap,
  signed64,
} from "../ir/evaluate.ts";
import type { Branch, IrFunction, Terminator } from "../ir/function.ts";
import type { Binary, BinaryOperator, Operand, Operation, Value } from "../ir/operation.ts";
import { resultOf } from "../ir/uses.ts";
import { applyReplacements, resolve } from "./rewriting.ts";

/** Replaces operations by the constant or the operand they are equal to, and branches that are decided by jumps. */
export function foldConstants(fn: IrFunction): boolean {
  const replacements = new Map<Value, Operand>();
  let changed = false;
  for (const block of fn.blocks) {
    for (const operation of block.operations) {
      const result = resultOf(operation);
      const meaning = result === undefined ? undefined : meaningOf(operation);
      if (meaning === undefined) changed = putConstantRight(operation) || changed;
      // A value that is read only after itself, in a loop that never runs, means nothing.
      else if (resolve(meaning, replacements) !== result) replacements.set(result!, meaning);
    }
    const folded = foldTerminator(block.terminator);
    if (folded === undefined) continue;
    block.terminator = folded;
    changed = true;
  }
  return applyReplacements(fn, replacements) || changed;
}

/** The operand that the result of `operation` is always equal to, if it can be seen. */
function meaningOf(operation: Operation): Operand | undefined {
  if (operation.kind === "binary") return meaningOfBinary(operation);
  if (!("operand" in operation) || typeof operation.operand !== "bigint") return undefined;
  const { operand } = operation;
  if (operation.kind === "negate") return evaluateNegate(operation.width, operand);
  if (operation.kind === "extend") return evaluateExtend(operation, operand);
  // The order of the network depends on the machine, which is not known here.
  const isSwapped = operation.kind === "swap" && operation.order === "always";
  return isSwapped ? evaluateSwap(operation.bits, operand) : undefined;
}

function meaningOfBinary({ op, width, left, right }: Binary): Operand | undefined {
  if (typeof left === "bigint" && typeof right === "bigint") {
    return evaluateBinary(op, width, left, right);
  }
  if (left === right && (op === "sub" || op === "xor")) return 0n;
  if (left === 0n && staysZero.has(op)) return 0n;
  if (typeof right !== "bigint") return undefined;
  if ((op === "mul" || op === "and") && BigInt.asUintN(width, right) === 0n) return 0n;
  // With width 32 the upper half would still be cleared.
  return width === 64 && neutral[op] === right ? left : undefined;
}

/** `0 op x` is 0, also when x is. Source: RFC 9669 §4.1, division by zero. */
const staysZero: ReadonlySet<BinaryOperator> = new Set([
  "lsh",
  "rsh",
  "arsh",
  "div",
  "sdiv",
  "mod",
  "smod",
]);

/** `x op neutral` is `x`. */
const neutral: { readonly [Op in BinaryOperator]: bigint | undefined } = {
  add: 0n,
  sub: 0n,
  mul: 1n,
  div: 1n,
  sdiv: 1n,
  or: 0n,
  and: -1n,
  lsh: 0n,
  rsh: 0n,
  arsh: 0n,
  xor: 0n,
  mod: undefined,
  smod: undefined,
};

const commutative: ReadonlySet<BinaryOperator> = new Set(["add", "mul", "and", "or", "xor"]);

/** Turns `5 + x` into `x + 5`, so that others need to look for constants on one side only. */
function putConstantRight(operation: Operation): boolean {
  if (operation.kind !== "binary" || !commutative.has(operation.op)) return false;
  const { left, right } = operation;
  if (typeof left !== "bigint" || typeof right === "bigint") return false;
  [operation.left, operation.right] = [right, left];
  return true;
}

/** What to put in place of a terminator, if there is something better. */
function foldTerminator(terminator: Terminator): Terminator | undefined {
  if (terminator.kind !== "branch") return undefined;
  const holds = isDecided(terminator);
  if (holds !== undefined) {
    const to = holds ? terminator.then : terminator.else;
    return { kind: "jump", to, source: terminator.source };
  }
  const { left, right, op } = terminator;
  if (typeof left !== "bigint") return undefined;
  return { ...terminator, left: right, right: left, op: mirrored[op] };
}

function isDecided({ op, width, left, right }: Branch): boolean | undefined {
  if (typeof left === "bigint" && typeof right === "bigint") {
    return evaluateComparison(op, width, left, right);
  }
  if (left === right && op !== "set") return evaluateComparison(op, width, 0n, 0n);
  if (typeof right === "bigint" && signed64(BigInt.asUintN(width, right)) === 0n) {
    if (op === "lt" || op === "set") return false;
    if (op === "ge") return true;
  }
  return undefined;
}

/** `a op b` is `b mirrored[op] a`. */
const mirrored: { readonly [Op in Comparison]: Comparison } = {
  eq: "eq",
  ne: "ne",
  gt: "lt",
  ge: "le",
  lt: "gt",
  le: "ge",
  sgt: "slt",
  sge: "sle",
  slt: "sgt",
  sle: "sge",
  set: "set",
};
