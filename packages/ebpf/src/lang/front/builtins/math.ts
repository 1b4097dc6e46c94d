/**
 * What there is of `Math` in the kernel: functions of whole numbers.
 * @module
 */
import type { Expression } from "@oxc-project/types";
import type { CallSite } from "../call-site.ts";
import { branch, compute, divideSigned, negate, select } from "../compute.ts";
import { constant, type Entity, numberScalar } from "../entity.ts";
import type { Operand } from "../../ir/operation.ts";
import type { FlowEnd, Lowering } from "../lowering.ts";
import { isNonNegative, type Range, rangeOf, withRange } from "../range.ts";
import { toNumber, valueOf } from "../scalar.ts";
import { truncatedExpression } from "./conversions.ts";
import { countLeadingZeros } from "./leading-zeros.ts";

/** Functions of `Math`. */
export const mathFunctions: ReadonlyMap<unknown, (site: CallSite) => Entity> = new Map<
  unknown,
  (site: CallSite) => Entity
>([
  [Math.trunc, truncate],
  [Math.floor, (site) => rounded(site, floor)],
  [Math.ceil, (site) => rounded(site, ceil)],
  [Math.round, round],
  [Math.min, (site) => extreme(site, "slt", Math.min)],
  [Math.max, (site) => extreme(site, "sgt", Math.max)],
  [Math.abs, absolute],
  [Math.sign, sign],
  [Math.clz32, countLeadingZeros],
]);

function truncate(site: CallSite): Entity {
  site.expectArguments(1);
  const entity = truncatedExpression(site.lowering, site.argumentNode(0));
  if (entity.kind === "constant") return constant(Math.trunc(entity.value as number));
  return numberScalar(toNumber(site.lowering, entity, site.argumentNode(0)));
}

/** How a quotient is rounded: what to add to the one whose fraction is cut off, and when. */
interface Rounding {
  readonly fold: (value: number) => number;
  /** Whether to step when the rest and the divisor have the same sign, or when they have not. */
  readonly steps: "same-sign" | "other-sign";
  readonly step: bigint;
}

const floor: Rounding = { fold: Math.floor, steps: "other-sign", step: -1n };
const ceil: Rounding = { fold: Math.ceil, steps: "same-sign", step: 1n };

/** Numbers are whole here, so that only quotients are rounded. By zero the quotient is zero. */
function rounded(site: CallSite, rounding: Rounding): Entity {
  const { lowering } = site;
  site.expectArguments(1);
  const node = quotientNode(site.argumentNode(0));
  if (node === undefined) {
    const entity = site.argument(0);
    if (entity.kind === "constant") return constant(rounding.fold(entity.value as number));
    return numberScalar(toNumber(lowering, entity, site.argumentNode(0)));
  }
  const sides = [node.left as Expression, node.right].map((side) => ({
    side,
    entity: valueOf(lowering, lowering.expression(side), side),
  }));
  const [left, right] = sides.map(({ side, entity }) => toNumber(lowering, entity, side));
  return numberScalar(roundQuotient(lowering, [left!, right!], rounding));
}

function quotientNode(
  node: Expression,
): Extract<Expression, { type: "BinaryExpression" }> | undefined {
  if (node.type === "ParenthesizedExpression") return quotientNode(node.expression);
  return node.type === "BinaryExpression" && node.operator === "/" ? node : undefined;
}

function roundQuotient(
  lowering: Lowering,
  [left, right]: readonly [Operand, Operand],
  { steps, step }: Rounding,
): Operand {
  const cut = divideSigned(lowering, left, right);
  const isPositive = isNonNegative(lowering, left) && isNonNegative(lowering, right);
  if (isPositive && steps === "other-sign") return cut;
  const rest = compute(lowering, "sub", [left, compute(lowering, "mul", [cut, right])]);
  const [kept, moved] = [lowering.flowEnd(), lowering.flowEnd()];
  goOnUnless(lowering, [rest, "eq", 0n], kept);
  if (typeof right !== "bigint" || right === 0n) goOnUnless(lowering, [right, "eq", 0n], kept);
  const signs = compute(lowering, "xor", [rest, right]);
  const op = steps === "same-sign" ? "sge" : "slt";
  branch(lowering, [signs, op, 0n], { then: moved, else: kept });
  return select(lowering, "rounded", [
    { from: moved, value: () => compute(lowering, "add", [cut, step]) },
    { from: kept, value: () => cut },
  ]);
}

function goOnUnless(
  lowering: Lowering,
  comparison: Parameters<typeof branch>[1],
  target: FlowEnd,
): void {
  const next = lowering.flowEnd();
  branch(lowering, comparison, { then: target, else: next });
  lowering.enter(next);
}

/** A half is rounded up: `floor((2a + b) / 2b)`. */
function round(site: CallSite): Entity {
  const { lowering } = site;
  const node = site.has(0) ? quotientNode(site.argumentNode(0)) : undefined;
  if (node === undefined) return rounded(site, { ...floor, fold: Math.round });
  site.expectArguments(1);
  const left = toNumber(lowering, lowering.expression(node.left as Expression), node);
  const right = toNumber(lowering, lowering.expression(node.right), node);
  const above = compute(lowering, "add", [compute(lowering, "mul", [left, 2n]), right]);
  const below = compute(lowering, "mul", [right, 2n]);
  return numberScalar(roundQuotient(lowering, [above, below], floor));
}

function extreme(site: CallSite, op: "slt" | "sgt", fold: (...values: number[]) => number): Entity {
  const { lowering } = site;
  if (site.count === 0)
    return site.fail(`${site.name} of nothing is no whole number`, "give it a number");
  // Each is loaded in its turn: what is behind it may call a function that changes it.
  const entities = site.node.arguments.map((_, index) => site.value(index));
  if (entities.every(({ kind }) => kind === "constant")) {
    return constant(fold(...entities.map((entity) => (entity as { value: number }).value)));
  }
  const operands = entities.map((entity, index) =>
    toNumber(lowering, entity, site.argumentNode(index)),
  );
  return numberScalar(operands.reduce((best, next) => better(lowering, op, best, next)));
}

/** Whichever of two numbers comes first in an order. */
function better(lowering: Lowering, op: "slt" | "sgt", best: Operand, next: Operand): Operand {
  const [replace, keep] = [lowering.flowEnd(), lowering.flowEnd()];
  branch(lowering, [next, op, best], { then: replace, else: keep });
  const chosen = select(lowering, "extreme", [
    { from: replace, value: () => next },
    { from: keep, value: () => best },
  ]);
  const [a, b] = [rangeOf(lowering, best), rangeOf(lowering, next)];
  return withRange(lowering, chosen, op === "slt" ? lower(a, b) : higher(a, b));
}

function lower(a: Range, b: Range): Range {
  return { min: a.min < b.min ? a.min : b.min, max: a.max < b.max ? a.max : b.max };
}

function higher(a: Range, b: Range): Range {
  return { min: a.min > b.min ? a.min : b.min, max: a.max > b.max ? a.max : b.max };
}

function absolute(site: CallSite): Entity {
  const { lowering } = site;
  site.expectArguments(1);
  const entity = site.argument(0);
  if (entity.kind === "constant") return constant(Math.abs(entity.value as number));
  const operand = toNumber(lowering, entity, site.argumentNode(0));
  if (isNonNegative(lowering, operand)) return numberScalar(operand);
  const [negative, positive] = [lowering.flowEnd(), lowering.flowEnd()];
  branch(lowering, [operand, "slt", 0n], { then: negative, else: positive });
  const result = select(lowering, "absolute", [
    { from: negative, value: () => negate(lowering, operand) },
    { from: positive, value: () => operand },
  ]);
  return numberScalar(result);
}

function sign(site: CallSite): Entity {
  const { lowering } = site;
  site.expectArguments(1);
  const operand = toNumber(lowering, site.argument(0), site.argumentNode(0));
  const positive = better(lowering, "sgt", operand, -1n);
  return numberScalar(better(lowering, "slt", positive, 1n));
}
