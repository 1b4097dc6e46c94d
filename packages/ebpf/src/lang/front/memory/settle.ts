/**
 * Values that have no place yet, or one that is only known when the program runs: put where they can be looked at.
 * @module
 */
import type { Entity, Place } from "../entity.ts";
import type { Lowering } from "../lowering.ts";
import { isScalarType } from "../type.ts";
import { copyBytes, storeZeros } from "./bytes.ts";
import { type DirectPlace, insideElement, stackPlace } from "./place.ts";

/**
 * The entity with a place that loads reach: strings that helpers make are written to the stack, and so are structs and
 * texts that are elements of an array by a variable index; beyond its end they are zeros. Others stay what they are.
 */
export function settle(lowering: Lowering, entity: Entity): Entity {
  if (entity.kind === "pending") {
    const place = stackPlace(lowering, entity.type, "value");
    entity.fill(place);
    return place;
  }
  const isFar = entity.kind === "place" && entity.address.kind === "indexed";
  return isFar && !isScalarType(entity.type) ? elementCopy(lowering, entity) : entity;
}

function elementCopy(lowering: Lowering, element: Place): DirectPlace {
  const { address, type } = element;
  if (address.kind !== "indexed") return element as DirectPlace;
  const copy = stackPlace(lowering, type, "element");
  const [inside, outside, after] = [lowering.flowEnd(), lowering.flowEnd(), lowering.flowEnd()];
  const found = insideElement(lowering, { ...element, address }, { inside, outside });
  lowering.enter(inside);
  copyBytes(lowering, { from: found(), to: copy, bytes: type.size });
  lowering.jump(after);
  lowering.enter(outside);
  storeZeros(lowering, copy, 0, type.size);
  lowering.jump(after);
  lowering.enter(after);
  return copy;
}
