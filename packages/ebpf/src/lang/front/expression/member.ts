/**
 * Members: fields of structs in memory, elements of arrays, methods, properties of captured objects.
 * @module
 */
import type { Expression } from "@oxc-project/types";
import { didYouMean } from "../../../base/text.ts";
import { isGlobalSpec, type MapSpec } from "../../../spec/map-spec.ts";
import { isKernelStruct } from "../../builtins/kernel-struct.ts";
import { kernelStructOf } from "../context/kernel-types.ts";
import { globalPlace, isMapSpec } from "../builtins/globals.ts";
import { describeEntity } from "../describe.ts";
import { regions, constant, type Entity, type Place, type Pointer } from "../entity.ts";
import type { Operand } from "../../ir/operation.ts";
import type { Lowering } from "../lowering.ts";
import { load } from "../memory/load.ts";
import {
  type DirectPlace,
  elementPlace,
  fieldPlace,
  indexedPlace,
  pointeePlace,
} from "../memory/place.ts";
import { innerElement } from "../memory/inner-element.ts";
import { assertPresent } from "../memory/present.ts";
import { toNumber } from "../scalar.ts";
import { isLiteral } from "../special-literal.ts";
import { whenCompiling } from "../when-compiling.ts";
import type { ArrayType, MemoryType } from "../type.ts";
import { branchOnPointer } from "./compare.ts";

/** `object.name`. */
export function member(lowering: Lowering, object: Entity, name: string, node: Expression): Entity {
  if (object.kind === "constant") return constantMember(lowering, object.value, name, node);
  if (object.kind === "pointer") return pointerMember(lowering, object, name, node);
  if (object.kind === "place") return placeMember(lowering, object, name, node);
  if (object.kind !== "special") return { kind: "method", receiver: object, name };
  const found = object.member?.(lowering, name, node);
  return found ?? failMember(lowering, object, name, node);
}

function failMember(lowering: Lowering, object: Entity, name: string, node: Expression): never {
  const hint = isLiteral(object)
    ? "go through its elements with for … of, or compare: x === 1 || x === 2"
    : "its members are those that its type has in TypeScript";
  return lowering.fail(node, `${describeEntity(object)} has no "${name}"`, hint);
}

/** Properties of the running program's objects; what is called on maps and layouts are methods. */
function constantMember(
  lowering: Lowering,
  value: unknown,
  name: string,
  node: Expression,
): Entity {
  if (isMapSpec(value)) return mapMember(lowering, value, name);
  if (value === undefined || value === null) {
    const hint = "it is so when the program is compiled; give it its value before";
    return lowering.fail(node, `${String(value)} has no "${name}"`, hint);
  }
  if (isKernelStruct(value) && name === "size") {
    return constant(kernelStructOf(lowering, value.name, node).size);
  }
  const found = whenCompiling(
    lowering,
    node,
    (): unknown => (value as Record<string, unknown>)[name],
  );
  if (typeof value === "string" && (found === undefined || typeof found === "function")) {
    return { kind: "method", receiver: constant(value), name };
  }
  if (found === undefined && !(name in Object(value))) {
    const near = didYouMean(name, Object.keys(Object(value)));
    const hint = near ?? "what is captured must be there when the program is compiled";
    return lowering.fail(node, `${describeEntity(constant(value))} has no "${name}"`, hint);
  }
  return constant(found);
}

function mapMember(lowering: Lowering, map: MapSpec, name: string): Entity {
  if (isGlobalSpec(map) && name === "value") return globalPlace(lowering, map);
  return { kind: "method", receiver: constant(map), name };
}

function pointerMember(
  lowering: Lowering,
  pointer: Pointer,
  name: string,
  node: Expression,
): Entity {
  const { target } = pointer.type;
  const field = target.kind === "struct" ? target.field(name) : undefined;
  const isPart = field !== undefined || name === "value" || target.kind === "text";
  if (!isPart && target.kind === "struct") failField(lowering, target, name, node);
  if (!isPart) return { kind: "method", receiver: pointer, name };
  assertPresent(lowering, pointer, node);
  const place = pointeePlace(lowering, pointer);
  return field === undefined && name === "value" ? place : placeMember(lowering, place, name, node);
}

function placeMember(lowering: Lowering, place: Place, name: string, node: Expression): Entity {
  const { type } = place;
  if (type.kind === "struct") {
    const field = type.field(name);
    if (field === undefined) return failField(lowering, type, name, node);
    return fieldPlace(place, name, field);
  }
  if (type.kind === "pointer") {
    const value = load(lowering, place, node);
    return member(lowering, value, name, node);
  }
  if (name === "value" && place.atomic === true) return place;
  if (name === "length" && type.kind === "array" && type.length > 0) return constant(type.length);
  if (name === "length" && type.kind === "text") {
    const hint = "compare it with a text, or let a helper tell what it wrote";
    return lowering.fail(node, "how long a text is, is not known", hint);
  }
  return { kind: "method", receiver: place, name };
}

function failField(
  lowering: Lowering,
  type: Extract<MemoryType, { kind: "struct" }>,
  name: string,
  node: Expression,
): never {
  const names = type.fieldNames();
  const hint = didYouMean(name, names) ?? `its fields are ${names.slice(0, 12).join(", ")}`;
  return lowering.fail(node, `${type.name} has no field "${name}"`, hint);
}

/** `object[index]`. */
export function element(
  lowering: Lowering,
  object: Entity,
  index: Expression,
  node: Expression,
): Entity {
  if (object.kind === "special" && object.element !== undefined) {
    return object.element(lowering, index, node);
  }
  const array = object.kind === "pointer" ? arrayOf(lowering, object, node) : object;
  if (array.kind === "place" && array.type.kind === "array") {
    return arrayElement(lowering, array as Place & { type: ArrayType }, index);
  }
  if (array.kind === "place" && array.type.kind === "text") {
    return arrayElement(lowering, { ...array, type: charactersOf(array.type) }, index);
  }
  const key = lowering.expression(index);
  const isMap = object.kind === "constant" && isMapSpec(object.value);
  if (isMap && (key.kind !== "constant" || typeof key.value !== "string")) {
    const hint = "elements of maps are read with lookup(key), and written with update(key, value)";
    return lowering.fail(node, `${describeEntity(object)} has no elements in brackets`, hint);
  }
  if (key.kind === "constant" && object.kind !== "scalar") {
    return member(lowering, object, String(key.value), node);
  }
  return failIndex(lowering, object, node);
}

function failIndex(lowering: Lowering, object: Entity, node: Expression): never {
  if (object.kind !== "constant") {
    const hint = "only arrays and text in memory have";
    return lowering.fail(node, `${describeEntity(object)} has no elements`, hint);
  }
  const message = `the index into ${describeEntity(object)} from outside must be a constant`;
  const hint = "go through it with for … of, or keep it in a map: arrayMap(…)";
  return lowering.fail(node, message, hint);
}

/** Text as the array of its bytes. */
function charactersOf(text: Extract<MemoryType, { kind: "text" }>): ArrayType {
  const element: MemoryType = {
    kind: "integer",
    name: "char",
    size: 1,
    alignment: 1,
    bits: 8,
    signed: false,
    order: "host",
    value: "number",
  };
  return { ...text, kind: "array", element, length: text.size };
}

function arrayOf(lowering: Lowering, pointer: Pointer, node: Expression): Entity {
  if (pointer.type.target.kind === "struct") return pointer;
  assertPresent(lowering, pointer, node);
  const place = pointeePlace(lowering, pointer);
  if (place.type.kind === "array" || place.type.kind === "text") return place;
  // A pointer to one is a pointer to many in C.
  const { type } = place;
  return { ...place, type: { ...type, kind: "array", element: type, length: 0 } };
}

function arrayElement(
  lowering: Lowering,
  place: Place & { readonly type: ArrayType },
  index: Expression,
): Entity {
  const { type } = place;
  const entity = lowering.expression(index);
  if (entity.kind === "constant" && typeof entity.value === "number") {
    const inside = Number.isInteger(entity.value) && entity.value >= 0;
    if (!inside || (type.length > 0 && entity.value >= type.length)) {
      const last = type.length - 1;
      const hint = last < 0 ? "its elements are counted from 0" : `its elements are 0 to ${last}`;
      lowering.fail(index, `${type.name} has no element ${entity.value}`, hint);
    }
    return elementPlace(place, type, entity.value);
  }
  if (place.region === regions.packet && place.end === undefined) {
    const hint = "take it by its number where the packet is read: packet(ctx).next(…)";
    lowering.fail(index, "the end of the packet is not known in this function", hint);
  }
  return elementBy(lowering, place, toNumber(lowering, entity, index));
}

/** The element of an array by a number in a register. */
export function elementBy(
  lowering: Lowering,
  place: Place & { readonly type: ArrayType },
  index: Operand,
): Place {
  const { type, address } = place;
  if (address.kind === "indexed") return innerElement(lowering, { ...place, address }, index);
  return indexedPlace(lowering, { place: place as DirectPlace, type, index });
}

/** What the element at `index` of an array is. */
export function elementAt(
  lowering: Lowering,
  object: Entity,
  index: number,
  node: Expression,
): Entity {
  const literal = { ...node, type: "Literal", value: index, raw: String(index) };
  return element(lowering, object, literal as unknown as Expression, node);
}

/** What comes before `?.`: goes to where the chain ends when it is null. */
export function optional(lowering: Lowering, object: Entity): Entity {
  const { nullish } = lowering;
  if (object.kind !== "pointer" || nullish === undefined || !object.type.nullable) return object;
  const present = lowering.flowEnd();
  branchOnPointer(lowering, object, { then: present, else: nullish });
  lowering.enter(present);
  return { ...object, type: { ...object.type, nullable: false } };
}
