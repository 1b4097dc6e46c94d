/**
 * Conditions: expressions that decide where to go on.
 *
 * `&&`, `||` and `!` become branches without ever making a value, and each way out knows what led there: behind
 * `if (value && value.count > 3)` the value is known not to be undefined.
 * @module
 */
import type { Expression } from "@oxc-project/types";
import { branch } from "../compute.ts";
import type { Entity } from "../entity.ts";
import type { FlowEnd, Lowering, Targets } from "../lowering.ts";
import { settle } from "../memory/settle.ts";
import { isText, nearPlace } from "../memory/text.ts";
import { loadWord } from "../memory/load.ts";
import { valueOf } from "../scalar.ts";
import { describeEntity } from "../describe.ts";
import {
  branchOnComparison,
  branchOnPointer,
  branchOnTruth,
  type ComparisonOperator,
  isComparison,
} from "./compare.ts";

/** Ends the current block in a branch to one of the targets. */
export function lowerCondition(lowering: Lowering, node: Expression, targets: Targets): void {
  if (node.type === "ParenthesizedExpression") {
    lowering.condition(node.expression, targets);
  } else if (node.type === "UnaryExpression" && node.operator === "!") {
    lowering.condition(node.argument, { then: targets.else, else: targets.then });
  } else if (node.type === "LogicalExpression" && node.operator !== "??") {
    lowerLogical(lowering, node, targets);
  } else if (node.type === "BinaryExpression" && isComparison(node.operator)) {
    lowerComparison(lowering, node, targets);
  } else if (node.type === "ChainExpression") {
    lowerChain(lowering, node, targets);
  } else {
    branchOnEntity(lowering, lowering.expression(node), { node, targets });
  }
}

function lowerLogical(
  lowering: Lowering,
  { operator, left, right }: Extract<Expression, { type: "LogicalExpression" }>,
  targets: Targets,
): void {
  const between = lowering.flowEnd();
  const first =
    operator === "&&"
      ? { then: between, else: targets.else }
      : { then: targets.then, else: between };
  lowering.condition(left, first);
  lowering.enter(between);
  if (lowering.reachable) lowering.condition(right, targets);
}

function lowerComparison(
  lowering: Lowering,
  node: Extract<Expression, { type: "BinaryExpression" }>,
  targets: Targets,
): void {
  const { operator } = node;
  if (node.left.type === "PrivateIdentifier" || !isComparison(operator)) return;
  if (node.left.type === "ChainExpression" || node.right.type === "ChainExpression") {
    return compareChain(lowering, node as ChainComparison, targets);
  }
  const left = valueOf(lowering, lowering.expression(node.left), node.left);
  const right = valueOf(lowering, lowering.expression(node.right), node.right);
  branchOnComparison(lowering, operator, { sides: { left, right }, node }, targets);
}

type ChainComparison = Extract<Expression, { type: "BinaryExpression" }> & {
  readonly left: Expression;
  readonly operator: ComparisonOperator;
};

/** `a?.b === c`: without `a`, `undefined` is compared. */
function compareChain(lowering: Lowering, node: ChainComparison, targets: Targets): void {
  const { operator, left, right } = node;
  const missing = lowering.flowEnd();
  const sides = {
    left: chainSide(lowering, left, missing),
    right: chainSide(lowering, right, missing),
  };
  branchOnComparison(lowering, operator, { sides, node }, targets);
  lowering.enter(missing);
  if (missing.facts === undefined) return;
  const other = left.type === "ChainExpression" ? sides.right : sides.left;
  if (other.kind === "pointer" && other.type.nullable) {
    lowering.fail(node, "both sides may be undefined", "check one of them before");
  }
  const isMissing = other.kind === "constant" && (other.value ?? undefined) === undefined;
  const holds = { "===": isMissing, "==": isMissing, "!==": !isMissing, "!=": !isMissing };
  lowering.jump(
    (holds as Record<string, boolean>)[operator] === true ? targets.then : targets.else,
  );
}

function chainSide(lowering: Lowering, node: Expression, missing: FlowEnd): Entity {
  const outer = lowering.nullish;
  lowering.nullish = missing;
  const chain = node.type === "ChainExpression" ? node.expression : node;
  const value = settle(lowering, valueOf(lowering, lowering.expression(chain), node));
  lowering.nullish = outer;
  return value;
}

/** `a?.b` as a condition: without `a` it does not hold. */
function lowerChain(
  lowering: Lowering,
  node: Extract<Expression, { type: "ChainExpression" }>,
  targets: Targets,
): void {
  const outer = lowering.nullish;
  lowering.nullish = targets.else;
  const entity = lowering.expression(node.expression);
  lowering.nullish = outer;
  branchOnEntity(lowering, entity, { node, targets });
}

/** Goes where the truth of an entity leads. */
export function branchOnEntity(
  lowering: Lowering,
  entity: Entity,
  { node, targets }: { readonly node: Expression; readonly targets: Targets },
): void {
  const value = settle(lowering, valueOf(lowering, entity, node));
  if (value.kind === "constant") {
    lowering.jump(value.value ? targets.then : targets.else);
  } else if (value.kind === "scalar") {
    branchOnTruth(lowering, value.operand, targets);
  } else if (value.kind === "pointer" && value.type.standsForValue === true) {
    const hint = "compare it: x !== undefined";
    lowering.fail(node, "this number may be missing, and be 0, which is false as well", hint);
  } else if (value.kind === "pointer") {
    branchOnPointer(lowering, value, targets);
  } else if (isText(value)) {
    const first = loadWord(lowering, nearPlace(lowering, value, 1), { bytes: 1, signed: false });
    branch(lowering, [first, "ne", 0n], targets);
  } else if (value.kind === "place" || value.kind === "special") {
    lowering.jump(targets.then); // Objects are true.
  } else {
    const hint = "compare it with something: x !== 0";
    lowering.fail(node, `${describeEntity(value)} is no condition`, hint);
  }
}
