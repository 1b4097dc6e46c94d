/**
 * Declarations: `const`, `let`, `using`, with patterns of names.
 * @module
 */
import type {
  ArrayExpression,
  ArrayPattern,
  BindingPattern,
  ObjectPattern,
  TSType,
  VariableDeclaration,
  VariableDeclarator,
} from "@oxc-project/types";
import { declare, readVariable } from "../binding.ts";
import { describeEntity } from "../describe.ts";
import {
  booleanType,
  type Entity,
  numberType,
  openBigintType,
  s64Type,
  undefinedEntity,
  type ScalarType,
  u64Type,
  type VariableBinding,
} from "../entity.ts";
import { branchOnPointer } from "../expression/compare.ts";
import { elementAt, member } from "../expression/member.ts";
import { valueOf } from "../scalar.ts";
import type { Lowering } from "../lowering.ts";
import { CompileFailure } from "../diagnostics.ts";
import { discardEvent } from "../builtins/ring-buffer.ts";
import { arrayNode, isLiteral } from "../special-literal.ts";

/** `const a = …, b = …`. */
export function lowerDeclaration(lowering: Lowering, node: VariableDeclaration): void {
  if (node.kind === "var") {
    const hint = "write let or const: names belong to the block they are declared in";
    lowering.note(node, "there is no var in a kernel program", hint);
  }
  for (const declarator of node.declarations) {
    try {
      lowering.at(declarator, () => lowerDeclarator(lowering, node, declarator));
    } catch (error) {
      if (error instanceof CompileFailure) markFailed(lowering, declarator.id);
      throw error;
    }
  }
}

/** What uses the names of a declaration with an error is not reported again. */
function markFailed(lowering: Lowering, pattern: BindingPattern): void {
  if (pattern.type === "Identifier") {
    lowering.scope.declare({ kind: "failed", name: pattern.name });
  } else if (pattern.type === "ObjectPattern") {
    for (const property of pattern.properties) {
      markFailed(lowering, property.type === "Property" ? property.value : property.argument);
    }
  } else if (pattern.type === "ArrayPattern") {
    for (const element of pattern.elements) {
      if (element === null) continue;
      markFailed(lowering, element.type === "RestElement" ? element.argument : element);
    }
  } else markFailed(lowering, pattern.left);
}

function lowerDeclarator(
  lowering: Lowering,
  { kind }: VariableDeclaration,
  { id, init }: VariableDeclarator,
): void {
  const entity = init === null ? undefined : lowering.expression(init);
  if (entity !== undefined && isLiteral(entity) && id.type !== "ArrayPattern") {
    lowering.fail(
      init!,
      `${describeEntity(entity)} without a layout has no place in memory`,
      arrayNode(entity) === undefined
        ? "give it one: const key = Key({ … })"
        : "name its elements, const [a, b] = […], or make it a field: Key({ list: […] })",
    );
  }
  if (kind === "using" || kind === "await using") {
    if (id.type !== "Identifier" || entity === undefined) return;
    return declareUsing(lowering, id.name, { entity, node: init! });
  }
  bindPattern(lowering, id, entity, kind === "const" ? "constant" : "variable");
}

/** Gives the names of a pattern their meaning. */
export function bindPattern(
  lowering: Lowering,
  pattern: BindingPattern,
  entity: Entity | undefined,
  kind: DeclaredKind = "variable",
): void {
  if (pattern.type === "Identifier") {
    const annotation = annotatedType(pattern.typeAnnotation?.typeAnnotation);
    const changes = kind === "variable" && lowering.assigned.has(pattern.name);
    declare(lowering, { name: pattern.name, entity, annotation, changes, node: pattern });
  } else if (pattern.type === "ObjectPattern" && entity !== undefined) {
    bindObject(lowering, pattern, { entity, kind });
  } else if (pattern.type === "ArrayPattern" && entity !== undefined) {
    bindArray(lowering, pattern, { entity, kind });
  } else if (pattern.type === "AssignmentPattern") {
    const { left, right } = pattern;
    bindPattern(lowering, left, isMissing(entity) ? lowering.expression(right) : entity, kind);
  } else {
    lowering.fail(pattern, "this pattern is given nothing", "give it a value");
  }
}

/** Whether names may be assigned to. */
type DeclaredKind = "constant" | "variable";

/** What is known to be left out when compiling; what is in memory is always there. */
function isMissing(entity: Entity | undefined): boolean {
  return entity === undefined || (entity.kind === "constant" && entity.value === undefined);
}

function bindArray(
  lowering: Lowering,
  { elements }: ArrayPattern,
  { entity, kind }: { readonly entity: Entity; readonly kind: DeclaredKind },
): void {
  const literal = arrayNode(entity);
  const found = elements.map((pattern, index): Entity | undefined => {
    if (pattern === null) return undefined;
    if (pattern.type === "RestElement") {
      return lowering.fail(pattern, "the rest of an array is no array", "name the elements");
    }
    if (literal === undefined) return elementAt(lowering, entity, index, pattern as never);
    return literalElement(lowering, literal, index);
  });
  elements.forEach((pattern, index) => {
    const element = found[index];
    if (pattern === null || pattern.type === "RestElement") return;
    bindPattern(lowering, pattern, element, kind);
  });
}

function literalElement(
  lowering: Lowering,
  literal: ArrayExpression,
  index: number,
): Entity | undefined {
  const element = literal.elements[index];
  if (element === undefined || element === null) return undefinedEntity;
  if (element.type === "SpreadElement") {
    return lowering.fail(element, "elements cannot be spread", "write them one by one");
  }
  return valueOf(lowering, lowering.expression(element), element);
}

function bindObject(
  lowering: Lowering,
  { properties }: ObjectPattern,
  { entity, kind }: { readonly entity: Entity; readonly kind: DeclaredKind },
): void {
  for (const property of properties) {
    if (property.type === "RestElement") {
      lowering.fail(property, "the rest of an object is no object", "name the fields");
    }
    const { key, value } = property;
    if (key.type !== "Identifier" || property.computed) {
      lowering.fail(key, "names of fields must be written out", "write const { name } = …");
    }
    const isDefaulted = value.type === "AssignmentPattern";
    if (isDefaulted && entity.kind !== "constant") {
      lowering.fail(value, "fields are always there", "leave out the default");
    }
    const isLeftOut = isDefaulted && lacks(entity, key.name);
    const field = isLeftOut ? undefinedEntity : member(lowering, entity, key.name, key);
    bindPattern(lowering, value, field, kind);
  }
}

/** Whether an object of the running program has no such property. */
function lacks(entity: Entity, name: string): boolean {
  if (entity.kind !== "constant" || entity.value === undefined) return false;
  return entity.value !== null && !(name in Object(entity.value));
}

const namedTypes: { readonly [name: string]: ScalarType } = {
  u8: numberType,
  u16: numberType,
  u32: numberType,
  s8: numberType,
  s16: numberType,
  s32: numberType,
  u64: u64Type,
  s64: s64Type,
  be16: { kind: "network", bits: 16 },
  be32: { kind: "network", bits: 32 },
  be64: { kind: "network", bits: 64 },
};

/** The type of a value in a register that an annotation names; `undefined` for any other. */
export function annotatedType(type: TSType | undefined): ScalarType | undefined {
  if (type?.type === "TSNumberKeyword") return numberType;
  if (type?.type === "TSBigIntKeyword") return openBigintType;
  if (type?.type === "TSBooleanKeyword") return booleanType;
  if (type?.type !== "TSTypeReference" || type.typeName.type !== "Identifier") return undefined;
  const { name } = type.typeName;
  return Object.hasOwn(namedTypes, name) ? namedTypes[name] : undefined;
}

/** `using x = …`: what is to be done when the scope is left is done on every way out of it. */
function declareUsing(
  lowering: Lowering,
  name: string,
  { entity, node }: { readonly entity: Entity; readonly node: VariableDeclarator["init"] & object },
): void {
  if (entity.kind === "pointer" && entity.type.event !== undefined) {
    declare(lowering, { name, entity, changes: true, node });
    const binding = lowering.scope.find(name) as VariableBinding;
    lowering.guards.push(() => discardIfHeld(lowering, binding));
  } else if (entity.kind === "special" && entity.dispose !== undefined) {
    declare(lowering, { name, entity, changes: false, node });
    const { dispose } = entity;
    lowering.guards.push(() => dispose(lowering));
  } else {
    const what = describeEntity(entity);
    lowering.fail(node, `${what} needs no using`, "declare it with const");
  }
}

/** Gives an event back that was not submitted. */
function discardIfHeld(lowering: Lowering, binding: VariableBinding): void {
  const held = readVariable(lowering, binding);
  if (held.kind !== "pointer" || held.operand === 0n) return;
  if (lowering.facts.has(binding)) return discardEvent(lowering, held);
  const [discard, after] = [lowering.flowEnd(), lowering.flowEnd()];
  branchOnPointer(lowering, held, { then: discard, else: after });
  lowering.enter(discard);
  discardEvent(lowering, held);
  lowering.jump(after);
  lowering.enter(after);
}
