/**
 * Comparisons: `===`, `<` and their like, as branches.
 * @module
 */
import type { Comparison } from "../../../isa/instruction.ts";
import type { Operand } from "../../ir/operation.ts";
import { branch } from "../compute.ts";
import { describeEntity } from "../describe.ts";
import type { SourceRange } from "../diagnostics.ts";
import type { Binding, Entity, Pointer, Scalar } from "../entity.ts";
import type { Lowering, Targets } from "../lowering.ts";
import { settle } from "../memory/settle.ts";
import { branchOnText, isText } from "../memory/text.ts";
import { isNonNegative } from "../range.ts";
import { toScalar, valueOf } from "../scalar.ts";
import { commonBigint, failMixed, type Sides } from "./arithmetic.ts";

/** Operators that compare. */
export type ComparisonOperator = "==" | "!=" | "===" | "!==" | "<" | "<=" | ">" | ">=";

interface Meaning {
  readonly signed: Comparison;
  readonly unsigned: Comparison;
  readonly constants: (left: never, right: never) => boolean;
  /** For `==` and `!=`: what equality means. */
  readonly whenEqual?: boolean;
}

const meanings: { readonly [Op in ComparisonOperator]: Meaning } = {
  "==": { signed: "eq", unsigned: "eq", constants: (a, b) => a === b, whenEqual: true },
  "===": { signed: "eq", unsigned: "eq", constants: (a, b) => a === b, whenEqual: true },
  "!=": { signed: "ne", unsigned: "ne", constants: (a, b) => a !== b, whenEqual: false },
  "!==": { signed: "ne", unsigned: "ne", constants: (a, b) => a !== b, whenEqual: false },
  "<": { signed: "slt", unsigned: "lt", constants: (a, b) => a < b },
  "<=": { signed: "sle", unsigned: "le", constants: (a, b) => a <= b },
  ">": { signed: "sgt", unsigned: "gt", constants: (a, b) => a > b },
  ">=": { signed: "sge", unsigned: "ge", constants: (a, b) => a >= b },
};

/** Whether an operator compares. */
export function isComparison(operator: string): operator is ComparisonOperator {
  return Object.hasOwn(meanings, operator);
}

/** Goes where `left operator right` leads. */
export function branchOnComparison(
  lowering: Lowering,
  operator: ComparisonOperator,
  { sides, node }: { readonly sides: Sides; readonly node: SourceRange },
  targets: Targets,
): void {
  const meaning = meanings[operator];
  const left = settle(lowering, valueOf(lowering, sides.left, node));
  const right = settle(lowering, valueOf(lowering, sides.right, node));
  if (left.kind === "constant" && right.kind === "constant") {
    const holds = meaning.constants(left.value as never, right.value as never);
    lowering.jump(holds ? targets.then : targets.else);
    return;
  }
  const special =
    branchOnNull(lowering, { left, right }, { meaning, targets }) ||
    compareText(lowering, { left, right, node }, { meaning, targets }) ||
    comparePointers(lowering, { left, right }, { meaning, targets });
  if (special) return;
  const order = orderBeyond(left, right) ?? orderBeyond(right, left, -1);
  if (order !== undefined) {
    lowering.jump(meaning.constants(order as never, 0 as never) ? targets.then : targets.else);
    return;
  }
  const a = toScalar(lowering, left, node);
  const b = toScalar(lowering, right, node);
  branchOnScalars(lowering, { operator, left: a, right: b, node }, targets);
}

/**
 * How a constant that no value of the other side's type reaches compares with it: `sign` when it is larger, the
 * opposite when it is smaller; else `undefined`.
 */
function orderBeyond(entity: Entity, other: Entity, sign = 1): number | undefined {
  if (entity.kind !== "constant" || typeof entity.value !== "bigint") return undefined;
  if (other.kind !== "scalar" || other.type.kind !== "bigint") return undefined;
  const { type } = other;
  const [min, max] = type.signed === false ? [0n, 2n ** 64n] : [-(2n ** 63n), 2n ** 63n];
  if (entity.value < min) return -sign;
  return entity.value >= max && type.signed !== undefined ? sign : undefined;
}

interface Goal {
  readonly meaning: Meaning;
  readonly targets: Targets;
}

/** Targets for when two sides are equal and when not, if the operator asks for that. */
function equalityTargets({ meaning, targets }: Goal): Targets | undefined {
  if (meaning.whenEqual === undefined) return undefined;
  return meaning.whenEqual ? targets : { then: targets.else, else: targets.then };
}

/** A check for `undefined` or `null`. */
function branchOnNull(lowering: Lowering, { left, right }: Sides, goal: Goal): boolean {
  const targets = equalityTargets(goal);
  const other = isNothing(left) ? right : isNothing(right) ? left : undefined;
  if (targets === undefined || other === undefined) return false;
  if (other.kind === "pointer") {
    branchOnPointer(lowering, other, { then: targets.else, else: targets.then });
  } else lowering.jump(targets.else); // Nothing but a pointer is ever undefined here.
  return true;
}

function isNothing(entity: Entity): boolean {
  return entity.kind === "constant" && (entity.value === undefined || entity.value === null);
}

/** Goes on knowing that a pointer is not null, or that it is. */
export function branchOnPointer(lowering: Lowering, pointer: Pointer, targets: Targets): void {
  const { binding, operand, presence = operand } = pointer;
  const blocks = { then: targets.then.block, else: targets.else.block };
  const right = 0n;
  lowering.builder.branch({ op: "ne", width: 64, left: presence, right }, blocks);
  const facts = binding === undefined ? lowering.facts : withFact(lowering.facts, binding);
  lowering.arrive(targets.then, facts);
  lowering.arrive(targets.else, lowering.facts);
}

/** The facts with one more. */
export function withFact(facts: ReadonlySet<Binding>, fact: Binding): ReadonlySet<Binding> {
  return new Set([...facts, fact]);
}

function compareText(
  lowering: Lowering,
  { left, right, node }: Sides & { readonly node: SourceRange },
  goal: Goal,
): boolean {
  const [place, other] = isText(left) ? [left, right] : [right, left];
  if (!isText(place)) return false;
  const targets = equalityTargets(goal);
  if (targets === undefined) {
    return lowering.fail(node, "text cannot be ordered", "compare it with === or startsWith");
  }
  if (other.kind !== "constant" || typeof other.value !== "string") {
    const message = `${describeEntity(place)} is compared with ${describeEntity(other)}`;
    return lowering.fail(node, message, "text is compared with constants only");
  }
  branchOnText(lowering, { place, text: other.value, whole: true }, targets);
  return true;
}

function comparePointers(lowering: Lowering, { left, right }: Sides, goal: Goal): boolean {
  const targets = equalityTargets(goal);
  if (targets === undefined || left.kind !== "pointer" || right.kind !== "pointer") return false;
  branch(lowering, [left.operand, "eq", right.operand], targets);
  return true;
}

interface ScalarComparison {
  readonly operator: ComparisonOperator;
  readonly left: Scalar;
  readonly right: Scalar;
  readonly node: SourceRange;
}

/** Goes where a comparison of values in registers leads. */
export function branchOnScalars(
  lowering: Lowering,
  { operator, left, right, node }: ScalarComparison,
  targets: Targets,
): void {
  const { signed, unsigned } = meanings[operator];
  const op = readsSigned(lowering, { operator, left, right, node }) ? signed : unsigned;
  branch(lowering, [left.operand, op, right.operand], targets);
}

/** Whether an order is that of numbers with sign. Ends in an error when the two cannot be compared. */
function readsSigned(
  lowering: Lowering,
  { operator, left, right, node }: ScalarComparison,
): boolean {
  const [a, b] = [left.type, right.type];
  if (a.kind === "number" && b.kind === "number") {
    // Comparing without sign, where that is the same, tells the verifier both ends of an index.
    return !(isNonNegative(lowering, left.operand) && isNonNegative(lowering, right.operand));
  }
  if (a.kind === "bigint" && b.kind === "bigint") {
    return commonBigint(lowering, operator, [a, b], node).signed !== false;
  }
  const isEquality = meanings[operator].whenEqual !== undefined;
  if (a.kind === "boolean" && b.kind === "boolean") return false;
  if (isEquality && a.kind === "network" && b.kind === "network" && a.bits === b.bits) {
    return false;
  }
  return failMixed(lowering, operator, [a, b], node);
}

/** An operand as a condition: not zero. */
export function branchOnTruth(lowering: Lowering, operand: Operand, targets: Targets): void {
  branch(lowering, [operand, "ne", 0n], targets);
}
