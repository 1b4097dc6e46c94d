/**
 * Writing places: assignments to fields, elements, and whole structs.
 * @module
 */
import type { ArrayExpression, Expression, ObjectExpression } from "@oxc-project/types";
import { didYouMean, plural } from "../../../base/text.ts";
import type { AccessBytes, Operand } from "../../ir/operation.ts";
import { compute } from "../compute.ts";
import { describeEntity } from "../describe.ts";
import type { SourceRange } from "../diagnostics.ts";
import type { Entity, Place } from "../entity.ts";
import type { Lowering } from "../lowering.ts";
import { encodeConstant, toBitsOf, valueOf } from "../scalar.ts";
import { arrayNode, isLiteral, literalNode } from "../special-literal.ts";
import {
  type ArrayType,
  isScalarType,
  type MemoryType,
  type StructType,
  type TextType,
} from "../type.ts";
import { copyBytes, storeBytes, storeWord, storeZeros } from "./bytes.ts";
import { loadWord } from "./load.ts";
import {
  type DirectPlace,
  elementPlace,
  fieldPlace,
  insideElement,
  pointeePlace,
  stackPlace,
} from "./place.ts";
import { settle } from "./settle.ts";
import { storeText } from "./text.ts";

/** Assigns `entity` to a place. */
export function store(lowering: Lowering, place: Place, entity: Entity, node: SourceRange): void {
  assertWritable(lowering, place, node);
  if (place.address.kind === "indexed") storeIndexed(lowering, place, entity, node);
  else storeDirect(lowering, place as DirectPlace, entity, node);
}

function assertWritable(lowering: Lowering, place: Place, node: SourceRange): void {
  if (!place.region.writable) {
    lowering.fail(node, `${place.region.name} cannot be written to`, readOnlyHint(place));
  }
  if (place.atomic === true) {
    const hint = "use exchange(…), or write to the place without atomic()";
    lowering.fail(node, "a plain assignment to what atomic() gives is no atomic operation", hint);
  }
}

function readOnlyHint({ region }: Place): string {
  if (region.memory === "readonly") return "config(…) is set before loading; use global(…)";
  if (region.memory === "kernel") return "memory of the kernel is changed by its functions only";
  return "keep what changes in a constant of its own, or in a map";
}

function storeDirect(
  lowering: Lowering,
  place: DirectPlace,
  entity: Entity,
  node: SourceRange,
): void {
  const { type } = place;
  if (isScalarType(type)) {
    storeScalar(lowering, place, toBitsOf(lowering, entity, type, node));
  } else if (type.kind === "text") {
    const text = isFar(entity) ? settle(lowering, entity) : entity;
    storeText(lowering, place as DirectPlace & { type: TextType }, { entity: text, node });
  } else if (type.kind === "opaque") {
    lowering.fail(
      node,
      `${type.name} cannot be assigned to`,
      "only helpers and kernel functions write it",
    );
  } else storeComposite(lowering, place, entity, node);
}

/** Stores bits that were made for the type of the place. */
export function storeScalar(lowering: Lowering, place: DirectPlace, bits: Operand): void {
  const bytes = place.type.size as AccessBytes;
  const stored = place.bitField === undefined ? bits : mixBits(lowering, place, bits);
  storeWord(lowering, place, { offset: 0, bytes, stored });
}

/** The word around a bit-field with the field replaced. */
function mixBits(lowering: Lowering, place: DirectPlace, bits: Operand): Operand {
  const { shift, bits: count } = place.bitField!;
  const bytes = place.type.size as AccessBytes;
  const mask = ((1n << BigInt(count)) - 1n) << BigInt(shift);
  const whole = loadWord(lowering, place, { bytes, signed: false });
  const kept = compute(lowering, "and", [whole, BigInt.asIntN(64, ~mask)]);
  const moved = compute(lowering, "lsh", [bits, BigInt(shift)]);
  return compute(lowering, "or", [
    kept,
    compute(lowering, "and", [moved, BigInt.asIntN(64, mask)]),
  ]);
}

/** Stores into an element whose index is checked; beyond the end nothing is stored. */
function storeIndexed(lowering: Lowering, place: Place, entity: Entity, node: SourceRange): void {
  const { address, type } = place;
  if (address.kind !== "indexed") return;
  // What is stored is computed in any case, as in JavaScript.
  const bits = isScalarType(type) ? toBitsOf(lowering, entity, type, node) : undefined;
  const object = isLiteral(entity) ? written(lowering, entity, type, node) : entity;
  const inside = lowering.flowEnd();
  const after = lowering.flowEnd();
  const element = insideElement(lowering, { ...place, address }, { inside, outside: after });
  lowering.enter(inside);
  const direct = element();
  if (bits !== undefined) storeScalar(lowering, direct, bits);
  else storeDirect(lowering, direct, object, node);
  lowering.jump(after);
  lowering.enter(after);
}

/** Stores a struct or an array: written as a literal, known when compiling, or copied from another place. */
function storeComposite(
  lowering: Lowering,
  place: DirectPlace,
  entity: Entity,
  node: SourceRange,
): void {
  const { type } = place;
  const near = isFar(entity) ? settle(lowering, entity) : entity;
  const source = near.kind === "pointer" ? pointeePlace(lowering, near) : near;
  const [object, array] = [literalNode(entity), arrayNode(entity)];
  if (object !== undefined && type.kind === "struct") {
    replace(lowering, place as DirectPlace & { type: StructType }, object);
  } else if (array !== undefined && type.kind === "array") {
    replaceArray(lowering, place as DirectPlace & { type: ArrayType }, array);
  } else if (source.kind === "place" && isSameType(source.type, type)) {
    copyBytes(lowering, { from: source as DirectPlace, to: place, bytes: type.size });
  } else if (entity.kind === "pending" && entity.fits(type)) {
    entity.fill(place);
  } else if (entity.kind === "constant" && type.layout !== undefined) {
    storeBytes(lowering, place, encodeConstant(lowering, entity.value, type.layout, node));
  } else {
    const hint = "give a value of the same layout, or a literal";
    lowering.fail(node, `${describeEntity(entity)} cannot be stored as ${type.name}`, hint);
  }
}

function isFar(entity: Entity): boolean {
  return entity.kind === "place" && entity.address.kind === "indexed";
}

/** Whether values of one type may be copied to places of another: layouts of the same make are as good as one. */
function isSameType(left: MemoryType, right: MemoryType): boolean {
  return left === right || (left.name === right.name && left.size === right.size);
}

/** Writes a literal over a struct that it may be made of: all is read before anything is written. */
function replace(
  lowering: Lowering,
  place: DirectPlace & { readonly type: StructType },
  literal: ObjectExpression,
): void {
  const fields = literalFields(lowering, place.type, literal);
  const held = fields.map(({ name, value }) => {
    const field = place.type.field(name)!;
    return { name, value, field, entity: hold(lowering, value, field.type) };
  });
  zeroUncovered(lowering, place, coverage(place.type, fields));
  for (const { name, value, field, entity } of held) {
    lowering.at(value, () => store(lowering, fieldPlace(place, name, field), entity, value));
  }
}

/** Writes a literal over an array that it may be made of. */
function replaceArray(
  lowering: Lowering,
  place: DirectPlace & { readonly type: ArrayType },
  literal: ArrayExpression,
): void {
  const { type } = place;
  const held = literalElements(lowering, type, literal).map((node) => ({
    node,
    entity: hold(lowering, node, type.element),
  }));
  held.forEach(({ node, entity }, index) => {
    lowering.at(node, () => store(lowering, elementPlace(place, type, index), entity, node));
  });
}

/** The value of an expression, with memory of its own when it does not fit a register. */
function hold(lowering: Lowering, node: Expression, type: MemoryType): Entity {
  const entity = lowering.expression(node);
  const value = valueOf(lowering, entity, node);
  const isObject = value.kind === "place" || isLiteral(value);
  return isObject ? written(lowering, value, type, node) : value;
}

/** A value in memory of its own. */
function written(
  lowering: Lowering,
  value: Entity,
  type: MemoryType,
  node: SourceRange,
): DirectPlace {
  const copy = stackPlace(lowering, type, "part");
  writeInto(lowering, copy, { entity: value, node });
  return copy;
}

/** Writes a value, or what a literal says, into fresh memory. */
export function writeInto(
  lowering: Lowering,
  place: DirectPlace,
  { entity, node }: { readonly entity: Entity; readonly node: SourceRange },
): void {
  const [object, array] = [literalNode(entity), arrayNode(entity)];
  if (object !== undefined && place.type.kind === "struct") {
    initialize(lowering, place as DirectPlace & { type: StructType }, object);
  } else if (array !== undefined && place.type.kind === "array") {
    initializeArray(lowering, place as DirectPlace & { type: ArrayType }, array);
  } else store(lowering, place, entity, node);
}

/** Writes fresh memory from an object literal; fields it leaves out, and all padding, become zeros. */
export function initialize(
  lowering: Lowering,
  place: DirectPlace & { readonly type: StructType },
  literal: ObjectExpression,
): void {
  const fields = literalFields(lowering, place.type, literal);
  zeroUncovered(lowering, place, coverage(place.type, fields));
  for (const { name, value } of fields) {
    const field = place.type.field(name)!;
    const entity = lowering.expression(value);
    lowering.at(value, () => store(lowering, fieldPlace(place, name, field), entity, value));
  }
}

/** A field that a literal gives a value to. */
export interface LiteralField {
  readonly name: string;
  readonly value: ObjectExpression["properties"][number] extends infer P
    ? P extends { value: infer V }
      ? V
      : never
    : never;
}

/** Fields of a literal, all of which the struct has. */
function literalFields(
  lowering: Lowering,
  type: StructType,
  literal: ObjectExpression,
): LiteralField[] {
  return literal.properties.map((property) => {
    if (property.type === "SpreadElement") {
      return lowering.fail(property, "objects cannot be spread", "assign the fields one by one");
    }
    const { key, value, computed } = property;
    if (computed || (key.type !== "Identifier" && key.type !== "Literal")) {
      return lowering.fail(key, "names of fields must be written out", "write { name: value }");
    }
    const name = key.type === "Identifier" ? key.name : String(key.value);
    if (type.field(name) === undefined) {
      const names = type.fieldNames();
      const hint = didYouMean(name, names) ?? `its fields are ${names.slice(0, 12).join(", ")}`;
      lowering.fail(key, `${type.name} has no field "${name}"`, hint);
    }
    return { name, value };
  });
}

/** Which bytes of a struct its initialisers write. Nested literals and text take care of all of their field. */
function coverage(type: StructType, fields: readonly LiteralField[]): Uint8Array {
  const covered = new Uint8Array(type.size);
  for (const { name } of fields) {
    const field = type.field(name)!;
    if (field.bitField === undefined) {
      covered.fill(1, field.offset, field.offset + field.type.size);
    }
  }
  return covered;
}

function zeroUncovered(lowering: Lowering, place: DirectPlace, covered: Uint8Array): void {
  for (let from = covered.indexOf(0); from !== -1; from = covered.indexOf(0, from)) {
    const end = covered.indexOf(1, from);
    const to = end === -1 ? covered.length : end;
    storeZeros(lowering, place, from, to);
    from = to;
  }
}

/** Gives every element of fresh memory the value that a literal has for it. */
function initializeArray(
  lowering: Lowering,
  place: DirectPlace & { readonly type: ArrayType },
  literal: ArrayExpression,
): void {
  literalElements(lowering, place.type, literal).forEach((node, index) => {
    const entity = lowering.expression(node);
    const element = elementPlace(place, place.type, index);
    lowering.at(node, () => store(lowering, element, entity, node));
  });
}

/** Elements of a literal: as many as the array has, as layouts want them in JavaScript. */
function literalElements(
  lowering: Lowering,
  type: ArrayType,
  literal: ArrayExpression,
): readonly Expression[] {
  const elements = literal.elements.map((element) => {
    if (element !== null && element.type !== "SpreadElement") return element;
    return lowering.fail(element ?? literal, "elements cannot be spread", "write them one by one");
  });
  if (elements.length !== type.length) {
    const message = `${type.name} has ${plural(type.length, "element")}, and is given ${elements.length}`;
    lowering.fail(literal, message, "write all of them");
  }
  return elements;
}
