/**
 * Object and array literals: kept as they are written until it is known what they initialise.
 * @module
 */
import type { ArrayExpression, ObjectExpression } from "@oxc-project/types";
import type { Entity, Special } from "./entity.ts";

/** An object literal, not lowered yet. */
export function objectLiteral(node: ObjectExpression): Special {
  return { kind: "special", description: "an object", data: node };
}

/** An array literal, not lowered yet. */
export function arrayLiteral(node: ArrayExpression): Special {
  return { kind: "special", description: "an array", data: node };
}

/** The object literal that an entity is. */
export function literalNode(entity: Entity): ObjectExpression | undefined {
  return entity.kind === "special" && isNode(entity.data, "ObjectExpression")
    ? (entity.data as ObjectExpression)
    : undefined;
}

/** The array literal that an entity is. */
export function arrayNode(entity: Entity): ArrayExpression | undefined {
  return entity.kind === "special" && isNode(entity.data, "ArrayExpression")
    ? (entity.data as ArrayExpression)
    : undefined;
}

/** Whether an entity is a literal that has no place in memory yet. */
export function isLiteral(entity: Entity): boolean {
  return literalNode(entity) !== undefined || arrayNode(entity) !== undefined;
}

function isNode(data: unknown, type: string): boolean {
  return typeof data === "object" && data !== null && "type" in data && data.type === type;
}
