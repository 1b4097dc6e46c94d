/**
 * Arguments that are memory: keys, values, buffers. What is not in memory yet is put on the stack.
 * @module
 */
import type { Expression } from "@oxc-project/types";
import { describeEntity } from "../describe.ts";
import type { Entity, Pointer } from "../entity.ts";
import { assertPresent } from "../memory/present.ts";
import type { Lowering } from "../lowering.ts";
import { type DirectPlace, pointeePlace, stackPlace } from "../memory/place.ts";
import { settle } from "../memory/settle.ts";
import { writeInto } from "../memory/store.ts";
import type { MemoryType } from "../type.ts";

/** An argument and where it is written. */
export interface Argument {
  readonly entity: Entity;
  readonly node: Expression;
}

/** A value of `type` in memory that helpers can read: where it is already, or a copy on the stack. */
export function inMemory(
  lowering: Lowering,
  { entity, node }: Argument,
  type: MemoryType,
): DirectPlace {
  const place = placeOf(lowering, { entity: settle(lowering, entity), node });
  if (place !== undefined && isReadable(place) && isSame(place.type, type)) return place;
  const copy = stackPlace(lowering, type, "argument");
  writeInto(lowering, copy, { entity, node });
  return copy;
}

/** The place that an entity is or refers to; `undefined` for values. */
export function placeOf(lowering: Lowering, { entity, node }: Argument): DirectPlace | undefined {
  if (entity.kind === "place" && entity.address.kind !== "indexed") return entity as DirectPlace;
  if (entity.kind !== "pointer") return undefined;
  assertPresent(lowering, entity, node);
  return pointeePlace(lowering, entity);
}

/** Memory that helpers take as it is. */
function isReadable({ region, bitField }: DirectPlace): boolean {
  const kinds = ["map-value", "event", "global", "packet"];
  const isStack = region.name === "the stack";
  return bitField === undefined && (isStack || kinds.includes(region.memory));
}

function isSame(left: MemoryType, right: MemoryType): boolean {
  return left === right || (left.name === right.name && left.size === right.size);
}

/** A pointer that is there; ends in an error when it may be null, or is none. */
export function presentPointer(
  lowering: Lowering,
  { entity, node }: Argument,
  what: string,
): Pointer {
  if (entity.kind !== "pointer") {
    const message = `${describeEntity(entity)} is given where ${what} is needed`;
    return lowering.fail(node, message, `give ${what} itself, as it came`);
  }
  assertPresent(lowering, entity, node);
  return entity;
}
