/**
 * What there is of `Math` in the kernel: functions of whole numbers.
 * @module
 */
import type { CallSite } from "../call-site.ts";
import { branch, negate, select } from "../compute.ts";
import { constant, type Entity, numberScalar } from "../entity.ts";
import type { Operand } from "../../ir/operation.ts";
import type { Lowering } from "../lowering.ts";
import { isNonNegative, type Range, rangeOf, withRange } from "../range.ts";
import { toNumber } from "../scalar.ts";
import { truncatedExpression } from "./conversions.ts";
import { countLeadingZeros } from "./leading-zeros.ts";

/** Functions of `Math`. */
export const mathFunctions: ReadonlyMap<unknown, (site: CallSite) => Entity> = new Map<
  unknown,
  (site: CallSite) => Entity
>([
  [Math.trunc, truncate],
  [Math.floor, floor],
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

/** For numbers that are not negative, rounding down is cutting off. */
function floor(site: CallSite): Entity {
  const { lowering } = site;
  site.expectArguments(1);
  const node = site.argumentNode(0);
  const entity = truncatedExpression(lowering, node);
  if (entity.kind === "constant") return constant(Math.floor(entity.value as number));
  const operand = toNumber(lowering, entity, node);
  const isQuotient = node.type === "BinaryExpression" && node.operator === "/";
  if (isQuotient && !isNonNegative(lowering, operand)) {
    return site.fail(
      "Math.floor of a quotient that may be negative",
      "use Math.trunc, or make both numbers unsigned: Math.floor((a >>> 0) / (b >>> 0))",
    );
  }
  return numberScalar(operand);
}

function extreme(site: CallSite, op: "slt" | "sgt", fold: (...values: number[]) => number): Entity {
  const { lowering } = site;
  if (site.count === 0) return site.fail(`${site.name} of nothing is no whole number`);
  const entities = site.arguments();
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
