/**
 * Operators on values, with the results JavaScript has.
 *
 * Numbers are computed with 64 bits and sign, which is exact as long as a double is; bitwise operators cut to 32 bits
 * as JavaScript does. Bigints are 64 bits that wrap. What both sides know when compiling is computed by JavaScript.
 * @module
 */
import { whenCompiling } from "../when-compiling.ts";
import type { BinaryOperator as SyntaxOperator } from "@oxc-project/types";
import type { BinaryOperator, Operand } from "../../ir/operation.ts";
import {
  compute,
  divideSigned,
  int32,
  negate,
  remainderSigned,
  toInt32,
  uint32,
} from "../compute.ts";
import { describeScalar } from "../describe.ts";
import type { SourceRange } from "../diagnostics.ts";
import { constant, type Entity, numberScalar, type Scalar, type ScalarType } from "../entity.ts";
import type { Lowering } from "../lowering.ts";
import { isWithin, type Range, rangeOf } from "../range.ts";
import { networkLetter, toScalar } from "../scalar.ts";

/** Operators that compute; the others compare. */
export type ArithmeticOperator =
  | "+"
  | "-"
  | "*"
  | "/"
  | "%"
  | "**"
  | "&"
  | "|"
  | "^"
  | "<<"
  | ">>"
  | ">>>";

/** Both sides of an operator. */
export interface Sides {
  readonly left: Entity;
  readonly right: Entity;
}

/** Whether an operator computes a value from two numbers or two bigints. */
export function isArithmetic(operator: SyntaxOperator): operator is ArithmeticOperator {
  return Object.hasOwn(numberRules, operator);
}

/** `left operator right`. */
export function arithmetic(
  lowering: Lowering,
  operator: ArithmeticOperator,
  { left, right }: Sides,
  node: SourceRange,
): Entity {
  const known = computeConstants(lowering, operator, { left, right }, node);
  if (known !== undefined) return known;
  if ([left, right].some(isTextual)) {
    const hint = "put text together with a template: `${a}${b}`";
    lowering.fail(node, `${operator} on text`, hint);
  }
  return arithmeticOnScalars(
    lowering,
    operator,
    { left: toScalar(lowering, left, node), right: toScalar(lowering, right, node) },
    node,
  );
}

function isTextual(entity: Entity): boolean {
  if (entity.kind === "constant") return typeof entity.value === "string";
  return (entity.kind === "place" || entity.kind === "pending") && entity.type.kind === "text";
}

/** The same on values in registers. */
export function arithmeticOnScalars(
  lowering: Lowering,
  operator: ArithmeticOperator,
  { left, right }: { readonly left: Scalar; readonly right: Scalar },
  node: SourceRange,
): Scalar {
  const sides = [left.operand, right.operand] as const;
  if (left.type.kind === "number" && right.type.kind === "number") {
    return numberScalar(numberRules[operator](lowering, sides, node));
  }
  if (left.type.kind === "bigint" && right.type.kind === "bigint") {
    const type = commonBigint(lowering, operator, [left.type, right.type], node);
    const result = bigintRules[operator](lowering, { sides, signed: type.signed !== false }, node);
    return { kind: "scalar", type, operand: result };
  }
  return failMixed(lowering, operator, [left.type, right.type], node);
}

type BigintType = Extract<ScalarType, { kind: "bigint" }>;

/** The type of what two bigints give. The count of a shift may be of another type than what is shifted. */
export function commonBigint(
  lowering: Lowering,
  operator: string,
  [left, right]: readonly [BigintType, BigintType],
  node: SourceRange,
): BigintType {
  if (operator === "<<" || operator === ">>") return left;
  if (left.signed === undefined) return right;
  if (right.signed === undefined || left.signed === right.signed) return left;
  return lowering.fail(
    node,
    `${operator} mixes a bigint without sign (u64) and one with (s64)`,
    "convert one of them with u64(…) or s64(…)",
  );
}

/** Ends in an error that says why an operator does not take these two. */
export function failMixed(
  lowering: Lowering,
  operator: string,
  types: readonly [ScalarType, ScalarType],
  node: SourceRange,
): never {
  const network = types.find((type) => type.kind === "network");
  if (network !== undefined) {
    return lowering.fail(
      node,
      `${operator} on ${describeScalar(network)}`,
      `turn it into host order with ntoh${networkLetter(network)}(…)`,
    );
  }
  const [left, right] = types.map(describeScalar);
  const hint = types.some(({ kind }) => kind === "boolean")
    ? "write x ? 1 : 0 for a boolean"
    : "convert one side: u64(…) of a number, Number(…) of a bigint";
  return lowering.fail(node, `${operator} mixes ${left} and ${right}`, hint);
}

/** What the operator gives when both sides are known. */
function computeConstants(
  lowering: Lowering,
  operator: ArithmeticOperator,
  { left, right }: Sides,
  node: SourceRange,
): Entity | undefined {
  if (left.kind !== "constant" || right.kind !== "constant") return undefined;
  const [a, b] = [left.value, right.value];
  const isText = operator === "+" && (typeof a === "string" || typeof b === "string");
  if (isText || typeof a !== typeof b || (typeof a !== "number" && typeof a !== "bigint")) {
    return isText ? constant(`${String(a)}${String(b)}`) : undefined;
  }
  return constant(
    whenCompiling(lowering, node, () => constantRules[operator](a as never, b as never)),
  );
}

type Rule = (lowering: Lowering, sides: readonly [Operand, Operand], node: SourceRange) => Operand;

const numberRules: { readonly [Op in ArithmeticOperator]: Rule } = {
  "+": (lowering, sides) => {
    const [a, b] = ranges(lowering, sides);
    return compute(lowering, "add", sides, { range: { min: a.min + b.min, max: a.max + b.max } });
  },
  "-": (lowering, sides) => {
    const [a, b] = ranges(lowering, sides);
    return compute(lowering, "sub", sides, { range: { min: a.min - b.max, max: a.max - b.min } });
  },
  "*": (lowering, sides) => {
    const [a, b] = ranges(lowering, sides);
    const corners = [a.min * b.min, a.min * b.max, a.max * b.min, a.max * b.max];
    return compute(lowering, "mul", sides, { range: hull(corners) });
  },
  "/": (lowering, _sides, node) =>
    lowering.fail(
      node,
      "the quotient of numbers may have a fraction, and BPF has none",
      "cut it off: Math.trunc(a / b), or u32(a / b) for what is known to fit",
    ),
  "%": (lowering, [left, right]) => remainderSigned(lowering, left, right),
  "**": failPower,
  "&": (lowering, sides) => bitwise(lowering, "and", sides),
  "|": (lowering, sides) => bitwise(lowering, "or", sides),
  "^": (lowering, sides) => bitwise(lowering, "xor", sides),
  "<<": (lowering, [left, right]) => {
    const shifted = compute(lowering, "lsh", [left, count(right)], { width: 32, range: uint32 });
    return toInt32(lowering, shifted);
  },
  ">>": (lowering, [left, right]) => {
    const by = typeof right === "bigint" ? count(right) : compute(lowering, "and", [right, 31n]);
    return compute(lowering, "arsh", [toInt32(lowering, left), by], { range: int32 });
  },
  ">>>": (lowering, [left, right]) => {
    const max = typeof right === "bigint" ? uint32.max >> (right & 31n) : uint32.max;
    return compute(lowering, "rsh", [left, count(right)], { width: 32, range: { min: 0n, max } });
  },
};

function ranges(
  lowering: Lowering,
  [left, right]: readonly [Operand, Operand],
): readonly [Range, Range] {
  return [rangeOf(lowering, left), rangeOf(lowering, right)];
}

function hull(values: readonly bigint[]): Range {
  let [min, max] = [values[0]!, values[0]!];
  for (const value of values) {
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return { min, max };
}

function failPower(lowering: Lowering, _: unknown, node: SourceRange): never {
  return lowering.fail(node, "** is for constants only", "multiply, or shift for powers of two");
}

/** Shifts of numbers count modulo 32; the machine does that itself for counts in registers, but for 64 bits. */
function count(right: Operand): Operand {
  return typeof right === "bigint" ? right & 31n : right;
}

/** Bitwise operators cut both sides to 32 bits with sign; it is enough to cut what comes out. */
function bitwise(
  lowering: Lowering,
  op: "and" | "or" | "xor",
  [left, right]: readonly [Operand, Operand],
): Operand {
  const sides = [cutConstant(left), cutConstant(right)] as const;
  const [a, b] = ranges(lowering, sides);
  const masks = [a, b].filter((range) => range.min >= 0n && range.max <= int32.max);
  if (op === "and" && masks.length > 0) {
    const max = masks.map((range) => range.max).reduce((low, next) => (next < low ? next : low));
    return compute(lowering, op, sides, { range: { min: 0n, max } });
  }
  if (isWithin(a, int32) && isWithin(b, int32)) {
    return compute(lowering, op, sides, { range: masks.length === 2 ? onesUpTo(a, b) : int32 });
  }
  return toInt32(lowering, compute(lowering, op, sides));
}

function cutConstant(operand: Operand): Operand {
  return typeof operand === "bigint" ? BigInt.asIntN(32, operand) : operand;
}

/** Numbers with no more bits than those of two ranges have. */
function onesUpTo(a: Range, b: Range): Range {
  const bits = (a.max > b.max ? a.max : b.max).toString(2).length;
  return { min: 0n, max: (1n << BigInt(bits)) - 1n };
}

interface BigintSides {
  readonly sides: readonly [Operand, Operand];
  readonly signed: boolean;
}

type BigintRule = (lowering: Lowering, given: BigintSides, node: SourceRange) => Operand;

const bigintRules: { readonly [Op in ArithmeticOperator]: BigintRule } = {
  "+": plain("add"),
  "-": plain("sub"),
  "*": plain("mul"),
  "/": (lowering, { sides, signed }) =>
    signed ? divideSigned(lowering, ...sides) : compute(lowering, "div", sides),
  "%": (lowering, { sides, signed }) =>
    signed ? remainderSigned(lowering, ...sides) : compute(lowering, "mod", sides),
  "**": failPower,
  "&": plain("and"),
  "|": plain("or"),
  "^": plain("xor"),
  "<<": (lowering, { sides: [left, right] }) =>
    isFar(right) ? 0n : compute(lowering, "lsh", [left, right]),
  ">>": (lowering, { sides: [left, right], signed }) => {
    if (!isFar(right)) return compute(lowering, signed ? "arsh" : "rsh", [left, right]);
    return signed ? compute(lowering, "arsh", [left, 63n]) : 0n;
  },
  ">>>": (lowering, _given, node) =>
    lowering.fail(node, "JavaScript has no >>> for bigints", "write >>, after u64(…) if need be"),
};

function plain(op: BinaryOperator): BigintRule {
  return (lowering, { sides }) => compute(lowering, op, sides);
}

/** A shift by a constant that leaves nothing. */
function isFar(right: Operand): boolean {
  return typeof right === "bigint" && (right > 63n || right < 0n);
}

const constantRules: {
  readonly [Op in ArithmeticOperator]: <T extends number & bigint>(a: T, b: T) => unknown;
} = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  "%": (a, b) => a % b,
  "**": (a, b) => a ** b,
  "&": (a, b) => a & b,
  "|": (a, b) => a | b,
  "^": (a, b) => a ^ b,
  "<<": (a, b) => a << b,
  ">>": (a, b) => a >> b,
  ">>>": (a, b) => a >>> b,
};

/** `-value`. */
export function negative(lowering: Lowering, entity: Entity, node: SourceRange): Entity {
  if (entity.kind === "constant") {
    if (typeof entity.value === "number") return constant(-entity.value);
    if (typeof entity.value === "bigint") return constant(-entity.value);
  }
  const scalar = toScalar(lowering, entity, node);
  assertComputable(lowering, "-", scalar, node);
  return { ...scalar, operand: negate(lowering, scalar.operand) };
}

/** `~value`. */
export function complement(lowering: Lowering, entity: Entity, node: SourceRange): Entity {
  if (entity.kind === "constant") {
    if (typeof entity.value === "number") return constant(~entity.value);
    if (typeof entity.value === "bigint") return constant(~entity.value);
  }
  const scalar = toScalar(lowering, entity, node);
  assertComputable(lowering, "~", scalar, node);
  const isNumber = scalar.type.kind === "number";
  const cut = isNumber ? toInt32(lowering, scalar.operand) : scalar.operand;
  const range = isNumber ? { range: int32 } : {};
  return { ...scalar, operand: compute(lowering, "xor", [cut, -1n], range) };
}

function assertComputable(
  lowering: Lowering,
  operator: string,
  { type }: Scalar,
  node: SourceRange,
): void {
  if (type.kind === "number" || type.kind === "bigint") return;
  failMixed(lowering, operator, [type, type], node);
}

/** The quotient of two numbers with its fraction cut off. */
export function quotient(lowering: Lowering, { left, right }: Sides, node: SourceRange): Entity {
  if (left.kind === "constant" && right.kind === "constant") {
    return arithmetic(lowering, "/", { left, right }, node);
  }
  const [a, b] = [toScalar(lowering, left, node), toScalar(lowering, right, node)];
  if (a.type.kind !== "number" || b.type.kind !== "number") {
    return arithmeticOnScalars(lowering, "/", { left: a, right: b }, node);
  }
  return numberScalar(divideSigned(lowering, a.operand, b.operand));
}
