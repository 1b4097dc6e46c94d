/**
 * Assignments: `=`, `+=`, `++` and their like, to names and to places.
 * @module
 */
import type { AssignmentTarget, Expression, SimpleAssignmentTarget } from "@oxc-project/types";
import { assignName, readName } from "../binding.ts";
import { negate } from "../compute.ts";
import type { Value } from "../../ir/operation.ts";
import { describeEntity } from "../describe.ts";
import type { SourceRange } from "../diagnostics.ts";
import { constant, type Entity, type Place } from "../entity.ts";
import type { Lowering, Targets } from "../lowering.ts";
import { store } from "../memory/store.ts";
import { toBitsOf, toScalar, valueOf } from "../scalar.ts";
import { type ArithmeticOperator, arithmetic } from "./arithmetic.ts";
import { visit } from "../statement/assigned-names.ts";
import { branchOnPointer } from "./compare.ts";
import { branchOnEntity } from "./condition.ts";

/** `left operator right`. */
export function lowerAssignment(
  lowering: Lowering,
  node: Extract<Expression, { type: "AssignmentExpression" }>,
): Entity {
  const { operator, right } = node;
  const target = assignable(lowering, node.left);
  if (operator === "=")
    return assign(lowering, target, { entity: lowering.expression(right), node });
  if (operator === "&&=" || operator === "||=" || operator === "??=") {
    return assignLogical(lowering, { operator, target, right, node });
  }
  if (target.kind === "place" && target.place.atomic === true) refuseStores(lowering, right);
  const arithmetic = operator.slice(0, -1) as ArithmeticOperator;
  return update(lowering, target, {
    operator: arithmetic,
    operand: () => lowering.expression(right),
    node,
  }).after;
}

/** Something that can be assigned to. */
type Target =
  | { readonly kind: "name"; readonly name: string; readonly node: SourceRange }
  | { readonly kind: "place"; readonly place: Place; readonly node: SourceRange };

function assignable(
  lowering: Lowering,
  node: AssignmentTarget | SimpleAssignmentTarget | Expression,
): Target {
  if (node.type === "Identifier") return { kind: "name", name: node.name, node };
  if (node.type === "MemberExpression") {
    const entity = lowering.expression(node);
    if (entity.kind === "place") return { kind: "place", place: entity, node };
    const hint = "variables, fields and elements can";
    return lowering.fail(node, `${describeEntity(entity)} cannot be assigned to`, hint);
  }
  if (isWrapper(node)) return assignable(lowering, node.expression);
  const hint = "assign to one name or field after the other";
  return lowering.fail(node, "this cannot be assigned to", hint);
}

type Wrapper = Extract<
  Expression,
  {
    type:
      | "ParenthesizedExpression"
      | "TSAsExpression"
      | "TSNonNullExpression"
      | "TSSatisfiesExpression"
      | "TSTypeAssertion";
  }
>;

const wrappers: ReadonlySet<string> = new Set<Wrapper["type"]>([
  "ParenthesizedExpression",
  "TSAsExpression",
  "TSNonNullExpression",
  "TSSatisfiesExpression",
  "TSTypeAssertion",
]);

function isWrapper(node: AssignmentTarget | Expression): node is Wrapper {
  return wrappers.has(node.type);
}

/** `target = entity`. */
function assign(
  lowering: Lowering,
  target: Target,
  { entity, node }: { readonly entity: Entity; readonly node: SourceRange },
): Entity {
  if (target.kind === "name") return assignName(lowering, target.name, entity, node);
  const value = entity.kind === "pending" ? entity : valueOf(lowering, entity, node);
  store(lowering, target.place, value, node);
  return value.kind === "pending" ? target.place : value;
}

interface LogicalAssignment {
  readonly operator: "&&=" | "||=" | "??=";
  readonly target: Target;
  readonly right: Expression;
  readonly node: Expression;
}

/** `a &&= b`: assigns only when the left side asks for it. */
function assignLogical(
  lowering: Lowering,
  { operator, target, right, node }: LogicalAssignment,
): Entity {
  const read = (): Entity =>
    target.kind === "name" ? readName(lowering, target.name, target.node) : target.place;
  const before = valueOf(lowering, read(), node);
  const [assigning, after] = [lowering.flowEnd(), lowering.flowEnd()];
  if (operator === "??=") branchOnNothing(lowering, before, { then: assigning, else: after });
  else {
    const targets =
      operator === "&&=" ? { then: assigning, else: after } : { then: after, else: assigning };
    branchOnEntity(lowering, before, { node, targets });
  }
  lowering.enter(assigning);
  if (assigning.facts !== undefined) {
    assign(lowering, target, { entity: lowering.expression(right), node });
    lowering.jump(after);
  }
  lowering.enter(after);
  return read();
}

/** Goes where it leads that a value is undefined; only pointers ever are. */
function branchOnNothing(lowering: Lowering, value: Entity, targets: Targets): void {
  const isNothing = value.kind === "constant" && (value.value ?? undefined) === undefined;
  if (value.kind === "pointer" && value.type.nullable) {
    branchOnPointer(lowering, value, { then: targets.else, else: targets.then });
  } else lowering.jump(isNothing ? targets.then : targets.else);
}

interface Update {
  readonly operator: ArithmeticOperator;
  readonly operand: () => Entity;
  readonly node: SourceRange;
}

/** Values before and after an update. */
interface Updated {
  readonly before: Entity;
  readonly after: Entity;
}

/** `target = target operator operand`. */
function update(lowering: Lowering, target: Target, { operator, operand, node }: Update): Updated {
  if (target.kind === "place" && target.place.atomic === true) {
    updateAtomic(lowering, target.place, { operator, operand, node });
    const none = constant(undefined);
    return { before: none, after: none };
  }
  const before =
    target.kind === "name"
      ? valueOf(lowering, readName(lowering, target.name, target.node), node)
      : valueOf(lowering, target.place, node);
  const computed = arithmetic(lowering, operator, { left: before, right: operand() }, node);
  return { before, after: assign(lowering, target, { entity: computed, node }) };
}

/**
 * JavaScript reads the left side of an update first; one that is a single step reads it when the right side is known. A
 * store on the right side would tell the two apart.
 */
function refuseStores(lowering: Lowering, right: Expression): void {
  visit(right, (node) => {
    const isStore =
      (node.type === "AssignmentExpression" && node.left.type === "MemberExpression") ||
      (node.type === "UpdateExpression" && node.argument.type === "MemberExpression");
    if (!isStore) return;
    const hint = "assign in a statement of its own, before this one";
    lowering.fail(node, "the value of an atomic update stores something itself", hint);
  });
}

const atomicOperators: { readonly [operator: string]: "add" | "or" | "and" | "xor" } = {
  "+": "add",
  "-": "add",
  "|": "or",
  "&": "and",
  "^": "xor",
};

/** What kernels have that lack the rest. */
export const plainAtomicHint = "older kernels have atomic(ref).field += n alone; or use a lock";

/** `atomic(ref).field += operand`. */
function updateAtomic(lowering: Lowering, place: Place, { operator, operand, node }: Update): void {
  const op = atomicOperators[operator];
  if (op === undefined) {
    const hint = "+=, -=, |=, &= and ^= are; other updates need a lock";
    lowering.fail(node, `${operator}= is no atomic operation`, hint);
  }
  if (op !== "add") lowering.needsLinux([5, 12], `${operator}= in one step`, plainAtomicHint);
  const { base, offset, bytes } = atomicAddress(lowering, place, node);
  const scalar = toScalar(lowering, operand(), node);
  const bits = toBitsOf(lowering, scalar, place.type as never, node);
  const given = operator === "-" ? negate(lowering, bits) : bits;
  lowering.builder.effect({ kind: "atomic", op, bytes, base, offset, operand: given });
}

/** Where an atomic operation works. */
export interface AtomicPlace {
  readonly base: Value;
  readonly offset: number;
  readonly bytes: 4 | 8;
}

/** Where an atomic operation works; ends in an error where none can. */
export function atomicAddress(
  lowering: Lowering,
  { type, address, region, bitField }: Place,
  node: SourceRange,
): AtomicPlace {
  if (type.kind !== "integer" || type.bits < 32) {
    return lowering.fail(node, `${type.name} has no atomic operations`, "use u32, s32, u64 or s64");
  }
  if (address.kind !== "memory" || !region.writable || bitField !== undefined) {
    const hint =
      "they work on map values, variables and memory of the stack, and not on bit-fields";
    return lowering.fail(node, `there are no atomic operations on ${region.name}`, hint);
  }
  return { base: address.base, offset: address.offset, bytes: type.bits === 32 ? 4 : 8 };
}

/** `++` and `--`, before or behind. */
export function lowerUpdate(
  lowering: Lowering,
  node: Extract<Expression, { type: "UpdateExpression" }>,
): Entity {
  const target = assignable(lowering, node.argument);
  const { before, after } = update(lowering, target, {
    operator: node.operator === "++" ? "+" : "-",
    operand: () => constant(isBigint(lowering, target) ? 1n : 1),
    node,
  });
  return node.prefix ? after : before;
}

function isBigint(lowering: Lowering, target: Target): boolean {
  if (target.kind === "place") {
    const { type } = target.place;
    return type.kind === "integer" && type.value === "bigint";
  }
  const binding = lowering.scope.find(target.name);
  return binding?.kind === "variable" && binding.type.kind === "bigint";
}
