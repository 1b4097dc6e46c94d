/**
 * Expressions: one rule for each kind of syntax node.
 * @module
 */
import type { Expression, UnaryOperator } from "@oxc-project/types";
import { constant, type Entity, undefinedEntity } from "../entity.ts";
import type { Lowering } from "../lowering.ts";
import { readName } from "../binding.ts";
import { truncatedExpression } from "../builtins/conversions.ts";
import { taggedTemplate } from "../builtins/templates.ts";
import { textTemplate } from "../builtins/text-template.ts";
import { arrayLiteral, objectLiteral } from "../special-literal.ts";
import { numberOf, toScalar, valueOf } from "../scalar.ts";
import { arithmetic, complement, isArithmetic, negative } from "./arithmetic.ts";
import { lowerAssignment, lowerUpdate } from "./assign.ts";
import { lowerCall } from "./call.ts";
import { branchOnPointer, isComparison } from "./compare.ts";
import { branchOnEntity } from "./condition.ts";
import { element, member, optional } from "./member.ts";
import { insteadOfNew, type Refusal, refusedExpressions } from "./unsupported.ts";
import { conditionValue, mergeWays } from "./value.ts";

type NodeOf<Type extends Expression["type"]> = Extract<Expression, { type: Type }>;

type ExpressionRules = {
  readonly [Type in Expression["type"]]: (lowering: Lowering, node: NodeOf<Type>) => Entity;
};

/** What an expression is. */
export function lowerExpression(lowering: Lowering, node: Expression): Entity {
  const rule = rules[node.type] as ((lowering: Lowering, node: Expression) => Entity) | undefined;
  if (rule === undefined)
    return lowering.fail(node, `${node.type} is not supported here`, "write it in other words");
  return rule(lowering, node);
}

const inner = (lowering: Lowering, { expression }: { readonly expression: Expression }): Entity =>
  lowering.expression(expression);

const refuse =
  ({ message, hint }: Refusal) =>
  (lowering: Lowering, node: Expression): never =>
    lowering.fail(node, message, hint);

const rules: ExpressionRules = {
  Literal: lowerLiteral,
  TemplateLiteral: lowerTemplate,
  Identifier: (lowering, node) => readName(lowering, node.name, node),
  ArrayExpression: (_, node) => arrayLiteral(node),
  ObjectExpression: (_, node) => objectLiteral(node),
  AssignmentExpression: lowerAssignment,
  UpdateExpression: lowerUpdate,
  BinaryExpression: lowerBinary,
  LogicalExpression: lowerLogical,
  ConditionalExpression: lowerConditional,
  UnaryExpression: lowerUnary,
  CallExpression: lowerCall,
  ChainExpression: lowerChain,
  MemberExpression: lowerMember,
  SequenceExpression: (lowering, { expressions }) =>
    expressions.map((expression) => lowering.expression(expression)).at(-1)!,
  TaggedTemplateExpression: taggedTemplate,
  ParenthesizedExpression: inner,
  TSAsExpression: inner,
  TSSatisfiesExpression: inner,
  TSTypeAssertion: inner,
  TSNonNullExpression: inner,
  TSInstantiationExpression: inner,
  ArrowFunctionExpression: refuse(refusedExpressions.ArrowFunctionExpression),
  AwaitExpression: refuse(refusedExpressions.AwaitExpression),
  ClassDeclaration: refuse(refusedExpressions.ClassDeclaration),
  ClassExpression: refuse(refusedExpressions.ClassExpression),
  FunctionDeclaration: refuse(refusedExpressions.FunctionExpression),
  FunctionExpression: refuse(refusedExpressions.FunctionExpression),
  TSDeclareFunction: refuse(refusedExpressions.TSDeclareFunction),
  TSEmptyBodyFunctionExpression: refuse(refusedExpressions.TSEmptyBodyFunctionExpression),
  ImportExpression: refuse(refusedExpressions.ImportExpression),
  MetaProperty: refuse(refusedExpressions.MetaProperty),
  NewExpression: lowerNew,
  Super: refuse(refusedExpressions.Super),
  ThisExpression: refuse(refusedExpressions.ThisExpression),
  YieldExpression: refuse(refusedExpressions.YieldExpression),
  JSXElement: refuse(refusedExpressions.JSXElement),
  JSXFragment: refuse(refusedExpressions.JSXFragment),
  V8IntrinsicExpression: refuse(refusedExpressions.V8IntrinsicExpression),
};

function lowerLiteral(lowering: Lowering, node: NodeOf<"Literal">): Entity {
  if ("regex" in node) {
    return lowering.fail(
      node,
      "there are no regular expressions here",
      "compare text with === or startsWith",
    );
  }
  if ("bigint" in node) return constant(BigInt(node.bigint));
  return constant(node.value);
}

function lowerNew(lowering: Lowering, node: NodeOf<"NewExpression">): never {
  const { callee } = node;
  const hint = insteadOfNew(callee.type === "Identifier" ? callee.name : "");
  return lowering.fail(node, "nothing is allocated in a kernel program", hint);
}

/** Text: known when compiling, or put together when the program runs. */
function lowerTemplate(lowering: Lowering, node: NodeOf<"TemplateLiteral">): Entity {
  const values = node.expressions.map((expression) => lowering.expression(expression));
  const texts = values.map((entity) =>
    entity.kind === "constant" ? String(entity.value) : undefined,
  );
  if (texts.includes(undefined)) return textTemplate(lowering, node, values);
  const parts = node.quasis.map(({ value }, index) => `${value.cooked ?? ""}${texts[index] ?? ""}`);
  return constant(parts.join(""));
}

function lowerBinary(lowering: Lowering, node: NodeOf<"BinaryExpression">): Entity {
  const { operator, left, right } = node;
  if (isComparison(operator)) return conditionValue(lowering, node);
  if (!isArithmetic(operator) || left.type === "PrivateIdentifier") {
    return lowering.fail(node, `there is no ${operator} here`, "compare the fields that tell it");
  }
  // What is cut to 32 bits anyway may be a quotient.
  const cuts = isCut(node);
  const lower = cuts ? truncatedExpression : (l: Lowering, n: Expression) => l.expression(n);
  const a = valueOf(lowering, lower(lowering, left), left);
  const b = valueOf(lowering, lowering.expression(right), right);
  return arithmetic(lowering, operator, { left: a, right: b }, node);
}

/** `x | 0` and `x >>> 0`: how JavaScript cuts off a fraction. */
function isCut({ operator, right }: NodeOf<"BinaryExpression">): boolean {
  const cutting = operator === "|" || operator === ">>>" || operator === ">>";
  return cutting && right.type === "Literal" && right.value === 0;
}

function lowerLogical(lowering: Lowering, node: NodeOf<"LogicalExpression">): Entity {
  if (node.operator === "??") return lowerCoalesce(lowering, node);
  const left = valueOf(lowering, lowering.expression(node.left), node.left);
  const isAnd = node.operator === "&&";
  if (left.kind === "constant") {
    return Boolean(left.value) === isAnd ? lowering.expression(node.right) : left;
  }
  const isTruth = left.kind === "scalar" && left.type.kind === "boolean";
  const [more, done] = [lowering.flowEnd(), lowering.flowEnd()];
  branchOnEntity(lowering, left, {
    node: node.left,
    targets: isAnd ? { then: more, else: done } : { then: done, else: more },
  });
  return mergeWays(
    lowering,
    [
      { from: more, lower: () => lowering.expression(node.right), node: node.right },
      // Which of the two truth values it is, is known there.
      { from: done, lower: () => (isTruth ? constant(!isAnd) : left), node: node.left },
    ],
    node,
  );
}

/** `a ?? b`: `b` where `a`, or what comes before a `?.` in it, is null. */
function lowerCoalesce(lowering: Lowering, node: NodeOf<"LogicalExpression">): Entity {
  const [missing, present] = [lowering.flowEnd(), lowering.flowEnd()];
  const outer = lowering.nullish;
  lowering.nullish = missing;
  const chain = node.left.type === "ChainExpression" ? node.left.expression : node.left;
  const left = valueOf(lowering, lowering.expression(chain), node.left);
  lowering.nullish = outer;
  let value = left;
  if (left.kind === "pointer" && left.type.nullable) {
    branchOnPointer(lowering, left, { then: present, else: missing });
    value = { ...left, type: { ...left.type, nullable: false } };
  } else if (left.kind === "constant" && (left.value ?? undefined) === undefined) {
    lowering.jump(missing);
  } else lowering.jump(present);
  return mergeWays(
    lowering,
    [
      { from: present, lower: () => numberOf(lowering, value, node.left), node: node.left },
      { from: missing, lower: () => lowering.expression(node.right), node: node.right },
    ],
    node,
  );
}

function lowerConditional(lowering: Lowering, node: NodeOf<"ConditionalExpression">): Entity {
  const [yes, no] = [lowering.flowEnd(), lowering.flowEnd()];
  lowering.condition(node.test, { then: yes, else: no });
  const { consequent, alternate } = node;
  return mergeWays(
    lowering,
    [
      { from: yes, lower: () => lowering.expression(consequent), node: consequent },
      { from: no, lower: () => lowering.expression(alternate), node: alternate },
    ],
    node,
  );
}

function lowerUnary(lowering: Lowering, node: NodeOf<"UnaryExpression">): Entity {
  return unaryRules[node.operator](lowering, node);
}

type UnaryRules = {
  readonly [Operator in UnaryOperator]: (
    lowering: Lowering,
    node: NodeOf<"UnaryExpression">,
  ) => Entity;
};

const unaryRules: UnaryRules = {
  "!": conditionValue,
  "-": (lowering, node) => negative(lowering, lowering.expression(node.argument), node),
  "~": (lowering, node) => complement(lowering, truncatedExpression(lowering, node.argument), node),
  "+": (lowering, node) => lowerPlus(lowering, node.argument, node),
  void: (lowering, { argument }) => {
    lowering.expression(argument);
    return undefinedEntity;
  },
  typeof: (lowering, node) =>
    lowering.fail(
      node,
      "types are known when compiling",
      "leave typeof out; whether something is there is asked with x !== undefined",
    ),
  delete: (lowering, node) =>
    lowering.fail(node, "fields cannot be deleted", "elements of maps can: map.delete(key)"),
};

function lowerPlus(lowering: Lowering, argument: Expression, node: Expression): Entity {
  const entity = lowering.expression(argument);
  if (entity.kind === "constant") return constant(Number(entity.value));
  const scalar = toScalar(lowering, entity, argument);
  if (scalar.type.kind === "number" || scalar.type.kind === "boolean") {
    return { ...scalar, type: { kind: "number" } };
  }
  return lowering.fail(node, "unary + is for numbers", "convert with Number(…)");
}

function lowerChain(lowering: Lowering, node: NodeOf<"ChainExpression">): Entity {
  if (lowering.nullish !== undefined) return lowering.expression(node.expression);
  const missing = lowering.flowEnd();
  lowering.nullish = missing;
  const entity = lowering.expression(node.expression);
  lowering.nullish = undefined;
  if (missing.facts === undefined) {
    lowering.builder.seal(missing.block);
    return entity;
  }
  const present = lowering.flowEnd();
  const value = valueOf(lowering, entity, node);
  lowering.jump(present);
  return mergeWays(
    lowering,
    [
      { from: present, lower: () => value, node },
      { from: missing, lower: () => undefinedEntity, node },
    ],
    node,
  );
}

function lowerMember(lowering: Lowering, node: NodeOf<"MemberExpression">): Entity {
  const found = lowering.expression(node.object);
  const object = valueOf(lowering, found, node.object);
  const present = node.optional ? optional(lowering, object) : object;
  if (node.computed) return element(lowering, present, node.property, node);
  if (node.property.type === "PrivateIdentifier") {
    return lowering.fail(node, "there are no private fields here", "use a field of a struct");
  }
  return member(lowering, present, node.property.name, node);
}
