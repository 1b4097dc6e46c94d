/**
 * Answers to relocations: what the types of a kernel say about a field, a type or an enumerator.
 * @module
 */
import type { BtfField } from "../btf/member-walk.ts";
import { resolveType, sizeOf } from "../btf/resolve.ts";
import type { TypeSource } from "../btf/type-source.ts";
import type { CoreRelocation } from "../spec/core-relocation.ts";
import { namedEnum, namedField, namedType } from "./named.ts";

/**
 * The answer to a relocation: bytes, 0 or 1, or a value; `undefined` when `types` lack what it is about and only a
 * question for existence could be answered. The place of a bit-field is that of the integer its bits are in.
 * @throws {InvalidArgumentError} when the way to a field goes through a pointer.
 */
export function coreValue(core: CoreRelocation, types: TypeSource): number | bigint | undefined {
  if ("field" in core) return fieldAnswers[core.kind](namedField(types, core.field), types);
  if ("name" in core) {
    const value = enumerator(types, core.type, core.name);
    return core.kind === "enum-exists" ? exists(value) : value;
  }
  const type = namedType(types, core.type);
  if (core.kind === "type-exists") return exists(type);
  return type && sizeOf(types, type.id);
}

function exists(found: unknown): number {
  return found === undefined ? 0 : 1;
}

const fieldAnswers: {
  readonly [Kind in Extract<CoreRelocation, { field: unknown }>["kind"]]: (
    field: BtfField | undefined,
    types: TypeSource,
  ) => number | undefined;
} = {
  "field-exists": exists,
  "field-offset": (field, types) => field && accessOf(field, types).offset,
  "field-size": (field, types) => field && accessOf(field, types).size,
  "field-signed": (field, types) => field && Number(isSigned(field, types)),
  "field-left-shift": (field, types) => field && leftShift(field, types),
  "field-right-shift": (field) => field && 64 - bitsOf(field),
};

function isSigned({ type }: BtfField, types: TypeSource): boolean {
  const resolved = resolveType(types, type);
  if (resolved.kind === "int") return resolved.encoding === "signed";
  return (resolved.kind === "enum" || resolved.kind === "enum64") && resolved.signed;
}

/** The bits of the integer it is loaded with that are above it, and those that 64 are more; on little-endian machines. */
function leftShift(field: BtfField, types: TypeSource): number {
  return 64 - (field.bitOffset + bitsOf(field) - 8 * accessOf(field, types).offset);
}

function bitsOf({ bitfieldSize, size }: BtfField): number {
  return bitfieldSize === 0 ? 8 * size : bitfieldSize;
}

/** The bytes to load for a field: its own, or for a bit-field those of the aligned integer that holds all its bits. */
export function accessOf(
  { offset, size, bitOffset, bitfieldSize, type }: BtfField,
  types: TypeSource,
): { readonly offset: number; readonly size: number } {
  if (bitfieldSize === 0) return { offset, size };
  let bytes = sizeOf(types, type);
  const start = (): number => Math.floor(bitOffset / 8 / bytes) * bytes;
  while (bytes < 8 && bitOffset + bitfieldSize > 8 * (start() + bytes)) bytes *= 2;
  return { offset: start(), size: bytes };
}

function enumerator(types: TypeSource, type: string, name: string): number | bigint | undefined {
  const values: readonly { name: string; value: number | bigint }[] =
    namedEnum(types, type)?.values ?? [];
  return values.find((value) => value.name === name)?.value;
}
