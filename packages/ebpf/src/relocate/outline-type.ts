/**
 * Outlines as BTF types.
 * @module
 */
import { voidId, type BtfType, type BtfTypeId } from "../btf/type.ts";
import type { BtfWriter } from "../btf/write/writer.ts";
import { addArray, addInt } from "./layout-type.ts";
import type { EnumOutline, Part, StructOutline } from "./outline.ts";

/** The type of `part`, which is added to `writer` unless it is there. */
export function addPartType(writer: BtfWriter, part: Part): BtfTypeId {
  if (part.kind === "struct") return addStruct(writer, part.outline);
  if (part.kind === "enum") return addEnum(writer, part.outline);
  if (part.kind === "plain") return addPlain(writer, part.type);
  if (part.kind === "made-up") {
    return part.inner === undefined ? addByte(writer) : addPartType(writer, part.inner);
  }
  return addArray(writer, addPartType(writer, part.element), part.length);
}

function addStruct(writer: BtfWriter, outline: StructOutline): BtfTypeId {
  const members = outline.members().map(({ name, bitOffset, bitfieldSize, part }) => ({
    name,
    bitOffset,
    bitfieldSize,
    type: addPartType(writer, part),
  }));
  const { name, source } = outline;
  const size = Math.max(source?.size ?? 0, ...madeUpEnds(outline));
  return writer.intern({ kind: source?.kind ?? "struct", name, size, members });
}

/** Where made-up members end, in bytes: the kernel wants them inside of the struct. */
function madeUpEnds(outline: StructOutline): readonly number[] {
  return outline
    .members()
    .filter(({ part }) => part.kind === "made-up")
    .map(({ bitOffset, part }) => bitOffset / 8 + sizeOfMadeUp(part));
}

function sizeOfMadeUp(part: Part): number {
  if (part.kind === "made-up" && part.inner !== undefined) return sizeOfMadeUp(part.inner);
  if (part.kind === "array") return part.length * sizeOfMadeUp(part.element);
  if (part.kind === "struct") return Math.max(0, ...madeUpEnds(part.outline));
  return 1;
}

/** In an enum of 32 bits, readers differ on what values from 2^31 up are; so these make it one of 64. */
function addEnum(writer: BtfWriter, outline: EnumOutline): BtfTypeId {
  const { name } = outline;
  const values = outline.values();
  const signed = values.some(({ value }) => value < 0n);
  if (values.every(({ value }) => BigInt.asIntN(32, value) === value)) {
    const small = values.map((entry) => ({ name: entry.name, value: Number(entry.value) }));
    return writer.intern({ kind: "enum", name, size: 4, signed, values: small });
  }
  return writer.intern({ kind: "enum64", name, size: 8, signed, values });
}

/** What a pointer points to does not matter, and what has no size of its own cannot be a member. */
function addPlain(writer: BtfWriter, type: BtfType): BtfTypeId {
  if (type.kind === "ptr") return writer.intern({ kind: "ptr", name: "", type: voidId });
  return type.kind === "int" || type.kind === "float" ? writer.intern(type) : addByte(writer);
}

function addByte(writer: BtfWriter): BtfTypeId {
  return addInt(writer, "char", 1, "signed");
}
