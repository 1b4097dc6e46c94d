/**
 * Layouts as memory types: what map values, events and stack structs are to the compiler.
 * @module
 */
import { isAnyLayout, type AnyLayout, type Layout } from "../../layout/layout.ts";
import type { MemoryType, StructType } from "./type.ts";

const known = new WeakMap<Layout<unknown>, MemoryType>();

/** The memory type of a layout; the same object each time. Layouts that do not tell what they are made of are opaque. */
export function layoutType(layout: Layout<unknown>): MemoryType {
  let type = known.get(layout);
  if (type === undefined) known.set(layout, (type = makeType(layout)));
  return type;
}

/** Whether a value of the running program is a layout. */
export function isLayout(value: unknown): value is Layout<unknown> & AnyLayout {
  const isObject = (typeof value === "object" && value !== null) || typeof value === "function";
  return isObject && "size" in value && "alignment" in value && isAnyLayout(value as never);
}

function makeType(layout: Layout<unknown>): MemoryType {
  const common = { name: layout.name, size: layout.size, alignment: layout.alignment, layout };
  if (!isAnyLayout(layout)) return { ...common, kind: "opaque" };
  const make = makers[layout.kind] as (layout: AnyLayout, common: Common) => MemoryType;
  return make(layout, common);
}

interface Common {
  readonly name: string;
  readonly size: number;
  readonly alignment: number;
  readonly layout: Layout<unknown>;
}

type Makers = {
  readonly [Kind in AnyLayout["kind"]]: (
    layout: Extract<AnyLayout, { kind: Kind }>,
    common: Common,
  ) => MemoryType;
};

const makers: Makers = {
  integer: ({ bits, signed, order }, common) => ({
    ...common,
    kind: "integer",
    bits,
    signed,
    order,
    value: bits === 64 ? "bigint" : "number",
  }),
  bool: (_, common) => ({ ...common, kind: "bool" }),
  chars: (_, common) => ({ ...common, kind: "text" }),
  bytes: (layout, common) => ({
    ...common,
    kind: "array",
    element: byteType,
    length: layout.size,
  }),
  array: ({ element, length }, common) => ({
    ...common,
    kind: "array",
    element: layoutType(element),
    length,
  }),
  struct: (layout, common) => structType(layout, common),
  opaque: (_, common) => ({ ...common, kind: "opaque" }),
  // In the kernel, names and flags are the numbers they stand for.
  transform: ({ inner }, common) => {
    const type = layoutType(inner);
    if (type.kind !== "integer") return { ...type, layout: common.layout };
    return { ...type, ...common, value: "number" };
  },
};

/** A byte of `bytes`. */
const byteType: MemoryType = Object.freeze({
  kind: "integer",
  name: "u8",
  size: 1,
  alignment: 1,
  bits: 8,
  signed: false,
  order: "host",
  value: "number",
});

function structType(
  { fields, tag }: Extract<AnyLayout, { kind: "struct" }>,
  common: Common,
): StructType {
  const names = Object.keys(fields);
  return {
    ...common,
    name: `struct ${tag}`,
    kind: "struct",
    field: (name) => {
      const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
      return field && { type: layoutType(field.layout), offset: field.offset };
    },
    fieldNames: () => names,
  };
}
