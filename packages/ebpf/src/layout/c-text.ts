/**
 * Layouts as C.
 *
 * For programs compiled by clang that share a struct with TypeScript: what is printed here has the same size, offsets
 * and alignment there. The types are those of `<linux/types.h>` and of a `vmlinux.h`; what a transform makes of the
 * memory is not told, and a field named like a word of C (`short`) is not renamed.
 * @module
 */
import { isAnyLayout, type AnyLayout, type Layout, type StructLayout } from "./layout.ts";

/** Name of the C type: `__u32`, `char[16]`, `struct exec`. */
export function typeName(layout: Layout<unknown>): string {
  const { base, dimensions } = declaratorOf(layout);
  return base + dimensions;
}

/** Declaration of a variable or member of this type, without semicolon: `char comm[16]`. */
export function formatDeclaration(layout: Layout<unknown>, name: string): string {
  const { base, dimensions } = declaratorOf(layout);
  return `${base} ${name}${dimensions}`;
}

/** Definition of the struct, behind those of the structs in it. */
export function formatStruct(layout: StructLayout): string {
  return [...structsIn(layout)].map(definition).join("\n");
}

function definition({ tag, fields, packed }: StructLayout): string {
  const members = Object.entries(fields).map(
    ([name, { layout }]) =>
      `\t${formatDeclaration(layout, name)}${packed ? "" : attribute(layout)};\n`,
  );
  return `struct ${tag} {\n${members.join("")}}${packed ? " __attribute__((packed))" : ""};\n`;
}

/** A type as C writes it: in front of the name and behind it. */
interface Declarator {
  readonly base: string;
  readonly dimensions: string;
}

function declaratorOf(layout: Layout<unknown>): Declarator {
  if (!isAnyLayout(layout)) return { base: "__u8", dimensions: `[${layout.size}]` };
  const declare = declarators[layout.kind] as (layout: AnyLayout) => Declarator;
  return declare(layout);
}

const declarators: {
  readonly [Kind in AnyLayout["kind"]]: (layout: Extract<AnyLayout, { kind: Kind }>) => Declarator;
} = {
  integer: ({ bits, signed, order }) => ({
    base: `__${order === "network" ? "be" : signed ? "s" : "u"}${bits}`,
    dimensions: "",
  }),
  bool: () => ({ base: "bool", dimensions: "" }),
  chars: ({ size }) => ({ base: "char", dimensions: `[${size}]` }),
  bytes: ({ size }) => ({ base: "__u8", dimensions: `[${size}]` }),
  array: ({ element, length }) => {
    const { base, dimensions } = declaratorOf(element);
    return { base, dimensions: `[${length}]${dimensions}` };
  },
  struct: ({ tag }) => ({ base: `struct ${tag}`, dimensions: "" }),
  transform: ({ inner }) => declaratorOf(inner),
  opaque: ({ tag }) => ({ base: `struct ${tag}`, dimensions: "" }),
};

/** A layout of somebody's own is printed as bytes, which must be told their alignment. */
function attribute(layout: Layout<unknown>): string {
  const isOwn = layout.alignment > 1 && !isAnyLayout(under(layout));
  return isOwn ? ` __attribute__((aligned(${layout.alignment})))` : "";
}

/** What is under all transforms and arrays. */
function under(layout: Layout<unknown>): Layout<unknown> {
  if (!isAnyLayout(layout)) return layout;
  if (layout.kind === "transform") return under(layout.inner);
  return layout.kind === "array" ? under(layout.element) : layout;
}

/** The structs that `layout` needs, itself last, each once. */
function structsIn(layout: Layout<unknown>, found = new Set<StructLayout>()): Set<StructLayout> {
  const whole = under(layout);
  if (!isAnyLayout(whole) || whole.kind !== "struct") return found;
  for (const field of Object.values(whole.fields)) structsIn(field.layout, found);
  return found.add(whole);
}
