/**
 * Arithmetic on registers: the operations of the machine, and what has to be made of several of them.
 *
 * Operands that are constants are computed here already. Each function notes the range of what it gives.
 * @module
 */
import type { Comparison, Width } from "../../isa/instruction.ts";
import { evaluateBinary, evaluateExtend, evaluateNegate, evaluateSwap } from "../ir/evaluate.ts";
import type { BinaryOperator, Operand, SwapBytes } from "../ir/operation.ts";
import type { FlowEnd, Lowering, Targets } from "./lowering.ts";
import {
  anyNumber,
  int32,
  isNonNegative,
  isSeen,
  isWithin,
  type Range,
  rangeOf,
  rangeOfBits,
  uint32,
  union,
  withRange,
  withSeenRange,
} from "./range.ts";

/** `left op right`. */
export function compute(
  lowering: Lowering,
  op: BinaryOperator,
  [left, right]: readonly [Operand, Operand],
  { width = 64, range = anyNumber }: { readonly width?: Width; readonly range?: Range } = {},
): Operand {
  if (typeof left === "bigint" && typeof right === "bigint") {
    return evaluateBinary(op, width, left, right);
  }
  const result = lowering.builder.define({ kind: "binary", op, width, left, right });
  // What a mask leaves the verifier knows in any case.
  const isSame = isFollowed(lowering, op, [left, right]) || (op === "and" && range.max === right);
  const note = isSame ? withSeenRange : withRange;
  return note(lowering, result, range);
}

/** Operators through which the verifier follows ranges. */
const followed: ReadonlySet<BinaryOperator> = new Set(["add", "mul", "or", "and"]);

/** Whether the verifier knows the range of a result, because it knows those of both sides. */
function isFollowed(
  lowering: Lowering,
  op: BinaryOperator,
  [left, right]: readonly [Operand, Operand],
): boolean {
  const isShift = typeof right === "bigint" && (op === "lsh" || op === "rsh");
  if (!followed.has(op) && !isShift) return false;
  return isSeen(lowering, left) && isSeen(lowering, right);
}

/** `-operand` of 64 bits. */
export function negate(lowering: Lowering, operand: Operand): Operand {
  if (typeof operand === "bigint") return evaluateNegate(64, operand);
  const { min, max } = rangeOf(lowering, operand);
  const result = lowering.builder.define({ kind: "negate", width: 64, operand });
  return withRange(lowering, result, { min: -max, max: -min });
}

/** The lower bits of the operand, as a number of that many bits. */
export function extend(
  lowering: Lowering,
  operand: Operand,
  { bits, signed }: { readonly bits: 8 | 16 | 32 | 64; readonly signed: boolean },
): Operand {
  if (bits === 64) return operand;
  if (typeof operand === "bigint") return evaluateExtend({ bits, signed }, operand);
  const range = rangeOfBits(bits, signed);
  if (isWithin(rangeOf(lowering, operand), range)) return operand;
  const result = lowering.builder.define({ kind: "extend", bits, signed, operand });
  return (signed ? withRange : withSeenRange)(lowering, result, range);
}

/** ToInt32 of JavaScript. */
export function toInt32(lowering: Lowering, operand: Operand): Operand {
  return extend(lowering, operand, { bits: 32, signed: true });
}

/** ToUint32 of JavaScript. */
export function toUint32(lowering: Lowering, operand: Operand): Operand {
  return extend(lowering, operand, { bits: 32, signed: false });
}

/** The lower bits of the operand with their bytes between the machine's order and the network's. */
export function swap(lowering: Lowering, operand: Operand, bits: SwapBytes["bits"]): Operand {
  // The kernels this runs on are little-endian; big-endian ones are compiled for where they are.
  if (typeof operand === "bigint") return evaluateSwap(bits, operand);
  const result = lowering.builder.define({ kind: "swap", order: "network", bits, operand });
  return withRange(lowering, result, bits === 64 ? anyNumber : rangeOfBits(bits, false));
}

/** The quotient of numbers with sign, its fraction cut off. Division by zero gives zero. */
export function divideSigned(lowering: Lowering, left: Operand, right: Operand): Operand {
  if (isNonNegative(lowering, left) && isNonNegative(lowering, right)) {
    const range = { min: 0n, max: rangeOf(lowering, left).max };
    return compute(lowering, "div", [left, right], { range });
  }
  if (lowering.program.target.isaVersion >= 4) return compute(lowering, "sdiv", [left, right]);
  const [leftSign, rightSign] = [signOf(lowering, left), signOf(lowering, right)];
  const quotient = compute(lowering, "div", [
    flip(lowering, left, leftSign),
    flip(lowering, right, rightSign),
  ]);
  return flip(lowering, quotient, compute(lowering, "xor", [leftSign, rightSign]));
}

/** The remainder of numbers with sign; it has the sign of `left`. The remainder by zero is `left`. */
export function remainderSigned(lowering: Lowering, left: Operand, right: Operand): Operand {
  if (isNonNegative(lowering, left) && isNonNegative(lowering, right)) {
    const range = { min: 0n, max: rangeOf(lowering, left).max };
    return compute(lowering, "mod", [left, right], { range });
  }
  if (lowering.program.target.isaVersion >= 4) return compute(lowering, "smod", [left, right]);
  const sign = signOf(lowering, left);
  const positive = flip(lowering, right, signOf(lowering, right));
  const rest = compute(lowering, "mod", [flip(lowering, left, sign), positive]);
  return flip(lowering, rest, sign);
}

/** All ones for negative numbers, else zero. */
function signOf(lowering: Lowering, operand: Operand): Operand {
  return compute(lowering, "arsh", [operand, 63n]);
}

/** `operand`, negated where `sign` is all ones. */
function flip(lowering: Lowering, operand: Operand, sign: Operand): Operand {
  return compute(lowering, "sub", [compute(lowering, "xor", [operand, sign]), sign]);
}

/** Ends the block in a comparison. What is known does not change by it. */
export function branch(
  lowering: Lowering,
  [left, op, right]: readonly [Operand, Comparison, Operand],
  targets: Targets,
): void {
  const { builder } = lowering;
  const blocks = { then: targets.then.block, else: targets.else.block };
  builder.branch({ op, width: 64, left, right }, blocks);
  lowering.arrive(targets.then, lowering.facts);
  lowering.arrive(targets.else, lowering.facts);
}

/** The value of a variable that `ways` each write in a flow of their own; afterwards the flow is one again. */
export function select(
  lowering: Lowering,
  name: string,
  ways: readonly { readonly from: FlowEnd; readonly value: () => Operand }[],
): Operand {
  const { builder } = lowering;
  const variable = { name };
  const join = lowering.flowEnd();
  const written: Operand[] = [];
  for (const { from, value } of ways) {
    lowering.enter(from);
    if (from.facts === undefined) continue;
    const operand = value();
    if (lowering.reachable) {
      builder.write(variable, operand);
      written.push(operand);
    }
    lowering.jump(join);
  }
  lowering.enter(join);
  if (join.facts === undefined) return 0n;
  const range = written
    .map((operand) => rangeOf(lowering, operand))
    .reduce(union, rangeOf(lowering, written[0]!));
  return withRange(lowering, builder.read(variable), range);
}

export { int32, uint32 };
