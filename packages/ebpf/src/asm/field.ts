/**
 * Fields of structs, by the names their layouts give them.
 *
 * Offsets and sizes come from the layout that also reads the struct in TypeScript, so that both sides agree. Fields
 * are moved as they lie in memory: no sign is extended, and network order stays network order (`be16` and its
 * siblings convert).
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";
import { didYouMean } from "../base/text.ts";
import type { Instruction, Size } from "../isa/instruction.ts";
import { isRegister, type Operand, type Register } from "../isa/register.ts";
import type { FieldLayouts, StructLayout } from "../layout/layout.ts";
import { ldx, st, stx } from "./memory.ts";
import { addressOf, placeOf, type PlaceLike, type SizedPlace } from "./place.ts";

/** Where something lies in a struct, in bytes: of a layout, or of the kernel's BTF. */
export interface FieldPlace {
  readonly offset: number;
  readonly size: number;
}

/**
 * Where the field lies in structs of this layout.
 * @throws {InvalidArgumentError} when the struct has no such field.
 */
export function fieldOf<Fields extends FieldLayouts>(
  struct: StructLayout<Fields>,
  name: keyof Fields & string,
): FieldPlace {
  if (Object.hasOwn(struct.fields, name)) {
    const { offset, layout } = struct.fields[name];
    return Object.freeze({ offset, size: layout.size });
  }
  const hint = didYouMean(name, Object.keys(struct.fields));
  const message = `${struct.name} has no field "${name}"`;
  throw new InvalidArgumentError(message, hint === undefined ? {} : { hint });
}

/** The field of the struct at `place`, as a place of its own. */
export function fieldAt(place: PlaceLike, field: FieldPlace): SizedPlace {
  return Object.freeze({ ...placeOf(place, field.offset), size: field.size });
}

/**
 * `dst = place->name`, of a struct with this layout at `place`; the bits above the field are zero.
 * @throws {InvalidArgumentError} when there is no such field, or it does not fit into a register.
 */
export function loadField<Fields extends FieldLayouts>(
  dst: Register,
  place: PlaceLike,
  struct: StructLayout<Fields>,
  name: keyof Fields & string,
): Instruction {
  return named(struct, name, () => loadFrom(dst, fieldAt(place, fieldOf(struct, name))));
}

/**
 * `place->name = value`, in a struct with this layout at `place`.
 * @throws {InvalidArgumentError} when there is no such field, or it does not fit into a register.
 */
export function storeField<Fields extends FieldLayouts>(
  place: PlaceLike,
  struct: StructLayout<Fields>,
  name: keyof Fields & string,
  value: Operand,
): Instruction {
  return named(struct, name, () => storeTo(fieldAt(place, fieldOf(struct, name)), value));
}

/**
 * `dst = &place->name`, for fields of any size.
 * @throws {InvalidArgumentError} when there is no such field.
 */
export function fieldAddress<Fields extends FieldLayouts>(
  dst: Register,
  place: PlaceLike,
  struct: StructLayout<Fields>,
  name: keyof Fields & string,
): readonly Instruction[] {
  return addressOf(dst, fieldAt(place, fieldOf(struct, name)));
}

/**
 * `dst = *place`, with zeros above it.
 * @throws {InvalidArgumentError} when it is not 1, 2, 4 or 8 bytes.
 */
export function loadFrom(dst: Register, { base, offset, size }: SizedPlace): Instruction {
  return ldx(sizeOf(size), dst, base, offset);
}

/**
 * `*place = value`.
 * @throws {InvalidArgumentError} when it is not 1, 2, 4 or 8 bytes.
 */
export function storeTo({ base, offset, size }: SizedPlace, value: Operand): Instruction {
  return isRegister(value)
    ? stx(sizeOf(size), base, offset, value)
    : st(sizeOf(size), base, offset, value);
}

const sizes: ReadonlyMap<number, Size> = new Map([
  [1, "u8"],
  [2, "u16"],
  [4, "u32"],
  [8, "u64"],
]);

function sizeOf(bytes: number): Size {
  const size = sizes.get(bytes);
  if (size !== undefined) return size;
  throw new InvalidArgumentError(`${bytes} bytes do not fit into a register`, {
    hint: "take the address and copy, for example with probe_read_kernel",
  });
}

/** Tells in errors which field they are about. */
function named<T>(struct: { readonly name: string }, name: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof InvalidArgumentError) || error.message.includes(struct.name))
      throw error;
    const hint = error.hint === undefined ? {} : { hint: error.hint };
    throw new InvalidArgumentError(`${struct.name}, ${name}: ${error.message}`, hint);
  }
}
