/**
 * C structs.
 *
 * Each field lies at the next offset its alignment allows, and the whole is padded to a multiple of the largest
 * alignment, as C does on every 64-bit Linux machine. Offsets are computed once, when the struct is made; reading and
 * writing are compiled from them at first use. There are no unions and no bit fields.
 * @module
 */
import { alignUp } from "../base/bytes.ts";
import { assertOptions, isBoolean } from "../base/checks.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import { kindOf } from "../base/given.ts";
import { callable } from "./callable.ts";
import { readerOf, writerOf } from "./codec/compile.ts";
import type {
  Field,
  FieldLayouts,
  Infer,
  IntegerLayout,
  OpaqueLayout,
  StructFields,
  StructLayout,
  StructValue,
} from "./layout.ts";
import { objectOf } from "./memory-object.ts";
import { checkPlaceable, checkSize } from "./length.ts";
import { show } from "./value-error.ts";

/** Options of {@link struct}. */
export interface StructOptions {
  /** No padding, as with C's `__attribute__((packed))`. */
  readonly packed?: boolean;
}

/** A struct that also makes objects of it: `Exec({ pid })`. */
export interface CallableStruct<Fields extends FieldLayouts> extends StructLayout<Fields> {
  /**
   * Makes a struct as kernel programs have it: its fields can be assigned, convert as C does, and are zero where
   * nothing was given.
   * @throws {InvalidArgumentError} when there is no such field, or a value cannot be converted.
   */
  (values?: StructInitializer<Fields>): StructObject<Fields>;
}

/** What a struct is made of. Values of network order may be those of kernel types, which are no numbers. */
export type StructInitializer<Fields extends FieldLayouts> = {
  readonly [Name in keyof Fields]?: Fields[Name] extends IntegerLayout<infer T, "network">
    ? T | object
    : Infer<Fields[Name]>;
};

/** A struct as kernel programs have it. */
export type StructObject<Fields extends FieldLayouts> = {
  -readonly [Name in keyof Fields]: Fields[Name] extends StructLayout<infer Inner>
    ? StructObject<Inner>
    : Fields[Name] extends OpaqueLayout
      ? object
      : Writable<Infer<Fields[Name]>>;
};

/** A value with everything in it open for writing. */
type Writable<Value> = Value extends
  | number
  | bigint
  | boolean
  | string
  | Uint8Array
  | ((...given: never[]) => unknown)
  ? Value
  : { -readonly [Name in keyof Value]: Writable<Value[Name]> };

/**
 * `struct tag` with the fields in the order given. Its TypeScript type is an object with the same fields.
 *
 * ```ts
 * const Exec = struct("exec", { ts: u64, pid: u32, comm: chars(16) });
 * type Exec = Infer<typeof Exec>; // { readonly ts: bigint; readonly pid: number; readonly comm: string }
 *
 * // in kernel programs, and in tests of them:
 * const exec = Exec({ pid: 7 });
 * ```
 * @throws {InvalidArgumentError} when a name is not a C identifier, or there are no fields.
 */
export function struct<Fields extends FieldLayouts>(
  tag: string,
  fields: Fields,
  options: StructOptions = {},
): CallableStruct<Fields> {
  checkGiven(tag, fields);
  assertOptions(options, { packed: isBoolean }, `struct ${tag}`);
  const { packed = false } = options;
  checkNames(tag, Object.keys(fields));
  let read: StructLayout<Fields>["read"] | undefined;
  let write: StructLayout<Fields>["write"] | undefined;
  const make = (values: object = {}) => objectOf(layout, values) as StructObject<Fields>;
  const layout: CallableStruct<Fields> = callable(make, {
    kind: "struct" as const,
    name: `struct ${tag}`,
    tag,
    packed,
    ...place(tag, fields, { packed }),
    get read(): StructLayout<Fields>["read"] {
      return (read ??= readerOf<StructValue<Fields>>(layout));
    },
    get write(): StructLayout<Fields>["write"] {
      return (write ??= writerOf<StructValue<Fields>>(layout));
    },
  });
  return layout;
}

/** @throws {InvalidArgumentError} when the tag or the fields were left out. */
function checkGiven(tag: unknown, fields: unknown): void {
  if (typeof tag === "string" && typeof fields === "object" && fields !== null) return;
  const what = `struct is given ${kindOf(tag)} and ${kindOf(fields)}`;
  throw new InvalidArgumentError(`${what}, not a name and fields`, {
    hint: 'write struct("exec", { pid: u32, comm: chars(16) })',
  });
}

/** Offsets of the fields, size and alignment of the whole. */
function place<Fields extends FieldLayouts>(
  tag: string,
  layouts: Fields,
  { packed }: Required<StructOptions>,
) {
  const fields: Record<string, Field> = {};
  let end = 0;
  let alignment = 1;
  for (const [name, layout] of Object.entries(layouts)) {
    checkPlaceable(`struct ${tag}, ${name}`, layout);
    const fieldAlignment = packed ? 1 : layout.alignment;
    const offset = alignUp(end, fieldAlignment);
    fields[name] = Object.freeze({ offset, layout });
    end = checkSize(`struct ${tag}`, offset + layout.size);
    alignment = Math.max(alignment, fieldAlignment);
  }
  const size = alignUp(end, alignment);
  return { size, alignment, fields: Object.freeze(fields) as StructFields<Fields> };
}

// Identifiers only: BTF takes no others, and numbers as names would change the order of the fields.
const identifier = /^[A-Za-z_][A-Za-z0-9_]*$/;

function checkNames(tag: string, fieldNames: readonly string[]): void {
  for (const name of [tag, ...fieldNames])
    if (!identifier.test(name) || name === "__proto__")
      throw new InvalidArgumentError(`struct ${tag}: ${show(name)} cannot be a name in C`, {
        hint: "letters, digits and _ only, no digit first, and not __proto__",
      });
  if (fieldNames.length === 0) throw new InvalidArgumentError(`struct ${tag} has no fields`);
}
