/**
 * Answers to relocations: what the types of a kernel say about a field, a type or an enumerator.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";
import { failType, maxDepth, resolveType, sizeOf } from "../btf/resolve.ts";
import type { TypeSource } from "../btf/type-source.ts";
import type {
  CoreRelocation,
  CoreRelocationSite,
  FieldRelocationKind,
} from "../spec/core-relocation.ts";
import { describeWay, targetsOf, type CoreTarget, type KernelTypes } from "./core-target.ts";
import { wayOf, type CorePlace, type CoreWay } from "./core-way.ts";

/** The answer to a relocation. */
export interface CoreAnswer {
  /**
   * Bytes, 0 or 1, an id, or a value; `undefined` when the types lack what it is about and only a question for existence
   * could be answered.
   */
  readonly value: number | bigint | undefined;
  /** What the compiler's types say, if they are known. */
  readonly compiled: number | bigint | undefined;
  readonly way: CoreWay;
  /** What was found; the first of several that agree. */
  readonly target: CoreTarget | undefined;
}

/**
 * The answer of `types`, of the kernel first and then of modules, to a relocation. The place of a bit-field is that of the
 * integer its bits are in.
 * @throws {InvalidArgumentError} when several types are meant and differ in the answer, the way to a field leads nowhere
 * in the types it is of, or goes through a pointer.
 */
export function coreAnswer(site: CoreRelocationSite, types: KernelTypes): CoreAnswer {
  const { kind } = site.core;
  const way = wayOf(site);
  const compiled = compiledValue(site, way);
  // By name alone it is a question to the types at hand, which are those of the program then.
  if (kind === "local-type-id" && compiled !== undefined) {
    return { value: compiled, compiled, way, target: undefined };
  }
  const targets = targetsOf(kind, way, types);
  const answers = targets.map((target) => valueOf(kind, target));
  assertAgreed(kind, way, { targets, answers });
  const [target] = targets;
  const value = target === undefined ? absentValue(kind) : answers[0];
  return { value, compiled, way, target };
}

/** What the types that the program was compiled with say. */
function compiledValue(
  { core, local: origin }: CoreRelocationSite,
  { local }: CoreWay,
): number | undefined {
  if (origin === undefined || local === undefined) return undefined;
  const { types } = origin;
  if (core.kind.endsWith("type-id")) return origin.type;
  if (core.kind.startsWith("enum-")) return undefined;
  const root = types.typeById(origin.type);
  return Number(valueOf(core.kind, { types, root, place: local.place, value: undefined }));
}

/**
 * What is said of what is not there. Types are nothing then: 0, in size and number too, as libbpf and the kernel say;
 * `bpf_core_calc_type_relo` in tools/lib/bpf/relo_core.c.
 */
function absentValue(kind: CoreRelocation["kind"]): number | undefined {
  return kind.endsWith("-exists") || kind.startsWith("type-") || kind === "target-type-id"
    ? 0
    : undefined;
}

interface Answers {
  readonly targets: readonly CoreTarget[];
  readonly answers: readonly (number | bigint)[];
}

/** Types of one name may differ in what nobody asked for, but not in the answer, nor in where a field lies. */
function assertAgreed(
  kind: CoreRelocation["kind"],
  way: CoreWay,
  { targets, answers }: Answers,
): void {
  const other = targets.findIndex(
    ({ place }, index) =>
      place.bitOffset !== targets[0]!.place.bitOffset || answers[index] !== answers[0],
  );
  if (other === -1) return;
  const said = [0, other].map((index) => {
    const { root, types } = targets[index]!;
    return `${answers[index]} by type ${root.id} of ${types.path}`;
  });
  throw new InvalidArgumentError(
    `${kind} of ${describeWay(way)} is ambiguous: ${said.join(", ")}`,
    { hint: "tell the types apart by what the program asks of them, with a flavour: name___one" },
  );
}

function valueOf(kind: CoreRelocation["kind"], target: CoreTarget): number | bigint {
  const { types, root, place, value } = target;
  if (kind === "enum-value") return value!;
  if (kind === "type-size") return sizeOf(types, root.id);
  if (kind === "target-type-id" || kind === "local-type-id") return root.id;
  if (kind.endsWith("-exists") || kind === "type-matches") return 1;
  return fieldAnswers[kind as FieldRelocationKind](place, types);
}

/** What is at a place: a bit-field, or all of its type. */
type Field = Pick<CorePlace, "type" | "bitOffset" | "bitfieldSize">;

const fieldAnswers: {
  readonly [Kind in FieldRelocationKind]: (field: Field, types: TypeSource) => number;
} = {
  "field-exists": () => 1,
  "field-offset": (field, types) => accessOf(field, types).offset,
  "field-size": (field, types) => accessOf(field, types).size,
  "field-signed": (field, types) => Number(isSigned(field, types)),
  "field-left-shift": (field, types) => leftShift(field, types),
  "field-right-shift": (field, types) => 64 - bitsOf(field, types),
};

function isSigned({ type }: Field, types: TypeSource): boolean {
  const resolved = resolveType(types, type);
  if (resolved.kind === "int") return resolved.encoding === "signed";
  return (resolved.kind === "enum" || resolved.kind === "enum64") && resolved.signed;
}

/**
 * The bits of the integer it is loaded with that are above it, and those that 64 are more. Bits are counted from the lowest
 * one on, and on big-endian machines from the highest.
 */
function leftShift(field: Field, types: TypeSource): number {
  const { offset, size } = accessOf(field, types);
  const start = field.bitOffset - 8 * offset;
  return types.byteOrder === "big" ? 64 - 8 * size + start : 64 - (start + bitsOf(field, types));
}

function bitsOf({ bitfieldSize, type }: Field, types: TypeSource): number {
  return bitfieldSize === 0 ? 8 * sizeOf(types, type) : bitfieldSize;
}

/**
 * The bytes to load for a field: its own, or for a bit-field those of the aligned integer that holds all its bits.
 * @throws {InvalidArgumentError} when no integer of 64 bits holds them.
 */
function accessOf(
  { bitOffset, bitfieldSize, type }: Field,
  types: TypeSource,
): { readonly offset: number; readonly size: number } {
  const size = sizeOf(types, type);
  if (bitfieldSize === 0) return { offset: Math.floor(bitOffset / 8), size };
  for (let bytes = size; bytes > 0 && bytes <= 8; bytes *= 2) {
    const start = Math.floor(bitOffset / 8 / bytes) * bytes;
    if (bitOffset + bitfieldSize <= 8 * (start + bytes)) return { offset: start, size: bytes };
  }
  throw new InvalidArgumentError(
    `no integer of 64 bits holds the bit-field of ${bitfieldSize} bits from bit ${bitOffset} on in ${types.path}`,
    { hint: "read the bytes it lies in one by one" },
  );
}

/**
 * How many bytes a load of the field takes, of which an array has as many as one of its elements, and what its value is.
 * Only pointers and unsigned integers may change their size, and no arrays of them: of others the value would be another
 * one. `undefined` for bit-fields, which are loaded as a whole integer.
 */
export function loadOf(
  types: TypeSource,
  place: CorePlace,
): { readonly size: number; readonly grows: "ptr" | "int" | undefined } | undefined {
  if (place.bitfieldSize !== 0) return undefined;
  const field = resolveType(types, place.type);
  let element = field;
  for (let depth = 0; element.kind === "array"; depth++) {
    if (depth === maxDepth) failType(types, field.id, "it has arrays in arrays without end");
    element = resolveType(types, element.type);
  }
  const size = sizeOf(types, element.id);
  if (field.kind === "ptr") return { size, grows: "ptr" };
  return { size, grows: field.kind === "int" && field.encoding !== "signed" ? "int" : undefined };
}
