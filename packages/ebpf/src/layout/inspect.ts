/**
 * Questions about layouts: sizes, offsets, and whether two are the same.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";
import { didYouMean } from "../base/text.ts";
import {
  isAnyLayout,
  type AnyLayout,
  type FieldLayouts,
  type Layout,
  type StructLayout,
} from "./layout.ts";

/** Size in bytes, padding included: C's `sizeof`. Of a layout, or in kernel programs of a struct of the kernel. */
export function sizeOf(layout: { readonly size: number }): number {
  if (typeof (layout as Partial<typeof layout> | undefined)?.size === "number") return layout.size;
  throw new InvalidArgumentError("what has no layout has no size", {
    hint: "give u32, struct(…), chars(…) or the like",
  });
}

/**
 * Distance in bytes of a field from the start of its struct: C's `offsetof`.
 * @throws {InvalidArgumentError} when it has no such field, with the one that may have been meant.
 */
export function offsetOf<Fields extends FieldLayouts>(
  layout: StructLayout<Fields>,
  field: keyof Fields,
): number {
  const fields = (layout as Partial<typeof layout> | undefined)?.fields ?? {};
  if (Object.hasOwn(fields, field)) return layout.fields[field].offset;
  const hint = didYouMean(String(field), Object.keys(fields)) ?? "give a struct(…) and its field";
  throw new InvalidArgumentError(`there is no field ${String(field)}`, { hint });
}

/**
 * Whether both describe the same memory: the same integers at the same offsets under the same field names. Names of
 * structs do not matter, nor what transforms make of the memory. Layouts that do not tell what they are made of are
 * the same when name, size and alignment are.
 */
export function sameLayout(left: Layout<unknown>, right: Layout<unknown>): boolean {
  return shapeOf(left) === shapeOf(right);
}

/** Text that is equal for equal memory. */
function shapeOf(layout: Layout<unknown>): string {
  if (!isAnyLayout(layout)) return `own ${layout.name}, ${layout.size}, ${layout.alignment}`;
  const shape = shapes[layout.kind] as (layout: AnyLayout) => string;
  return shape(layout);
}

const shapes: {
  readonly [Kind in AnyLayout["kind"]]: (layout: Extract<AnyLayout, { kind: Kind }>) => string;
} = {
  integer: ({ bits, signed, order }) => `${order} ${signed ? "s" : "u"}${bits}`,
  bool: () => "bool",
  chars: ({ size }) => `char[${size}]`,
  bytes: ({ size }) => `u8[${size}]`,
  array: ({ element, length }) => `${shapeOf(element)}[${length}]`,
  struct: ({ fields, size, alignment }) => {
    const members = Object.entries(fields).map(
      ([name, { offset, layout }]) => `${name} at ${offset}: ${shapeOf(layout)}`,
    );
    return `{ ${members.join("; ")} } size ${size}, alignment ${alignment}`;
  },
  transform: ({ inner }) => shapeOf(inner),
  opaque: ({ tag }) => tag,
};
