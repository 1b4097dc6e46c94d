/**
 * What an entity is, in words for messages.
 * @module
 */
import type { Entity, ScalarType } from "./entity.ts";
import { isLayout } from "./layout-types.ts";

/** What an expression is, with its article: "a number", "the text \"abc\"", "struct task_struct". */
export function describeEntity(entity: Entity): string {
  const describe = describers[entity.kind] as (entity: Entity) => string;
  return describe(entity);
}

type Describers = {
  readonly [Kind in Entity["kind"]]: (entity: Extract<Entity, { kind: Kind }>) => string;
};

const describers: Describers = {
  constant: ({ value }) => describeConstant(value),
  scalar: ({ type }) => describeScalar(type),
  pointer: ({ type }) => `a reference to ${type.target.name}`,
  place: ({ type, region }) => `${type.name} in ${region.name}`,
  pending: ({ type }) => (type.kind === "text" ? "a string" : type.name),
  method: ({ name }) => `the method ${name}`,
  special: ({ description }) => description,
};

/** What a value in a register is. */
export function describeScalar(type: ScalarType): string {
  if (type.kind === "network") return `an integer in network byte order (be${type.bits})`;
  if (type.kind !== "bigint") return `a ${type.kind}`;
  return type.signed === undefined ? "a bigint" : `a bigint (${type.signed ? "s64" : "u64"})`;
}

function describeConstant(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  if (isLayout(value)) return `the layout ${value.name}`;
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "function") return `the function ${value.name || "without a name"}`;
  if (typeof value === "object" && "kind" in value && value.kind === "map" && "name" in value) {
    return `the map "${String(value.name)}"`;
  }
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (Array.isArray(value) || ArrayBuffer.isView(value)) return "an array";
  return typeof value === "symbol" ? "a symbol" : "an object";
}
