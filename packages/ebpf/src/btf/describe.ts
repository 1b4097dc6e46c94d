/**
 * Types as C says them, in one line.
 *
 * C writes a type around the name of what has it, from the inside out: each pointer, array and function adds its part
 * to the text so far, and the word left at the end goes before it. Bodies of structs and enums are not shown.
 * @module
 */
import type { TypeSource } from "./type-source.ts";
import type { BtfFuncProto, BtfKind, BtfType, BtfTypeId, BtfTypeOf } from "./type.ts";

/**
 * The type with number `id`: `struct task_struct *`, `char [16]`, `int (*)(void *, ...)`. Given a name, a declaration
 * of something called that: `char comm[16]`.
 */
export function describeType(types: TypeSource, id: number, name = ""): string {
  return describe({ types, left: longestDescription }, id, name);
}

/** How many types are looked at before the rest becomes `…`: prototypes can take prototypes, without end. */
const longestDescription = 200;

/** One description, with those of all parameters in it. */
interface Description {
  readonly types: TypeSource;
  /** How many more types may be looked at. */
  left: number;
}

function describe(description: Description, id: number, name: string): string {
  const text: Declarator = { description, inner: name, qualifiers: [], tags: [] };
  let next: BtfTypeId | string = id as BtfTypeId;
  while (typeof next === "number") {
    next = description.left-- > 0 ? extend(text, description.types.typeById(next)) : "…";
  }
  return words(...text.qualifiers, next, ...text.tags, text.inner);
}

/** The text around a name so far. */
interface Declarator {
  readonly description: Description;
  inner: string;
  /** Words that belong to the type that comes next, written before it: `const`. */
  qualifiers: string[];
  /** Words that belong to it and are written behind it. */
  tags: string[];
}

/** Adds `type` to the text; returns the type that is to be added next, or the word that ends it. */
function extend<Kind extends BtfKind>(
  text: Declarator,
  type: BtfTypeOf<Kind> & BtfType,
): BtfTypeId | string {
  const handler = parts[type.kind] as (type: BtfType, text: Declarator) => BtfTypeId | string;
  return handler(type, text);
}

type Parts = {
  readonly [K in BtfKind]: (type: BtfTypeOf<K>, text: Declarator) => BtfTypeId | string;
};

const parts: Parts = {
  void: () => "void",
  int: ({ name }) => name,
  float: ({ name }) => name,
  typedef: ({ name }) => name,
  struct: ({ name }) => `struct ${name || "{…}"}`,
  union: ({ name }) => `union ${name || "{…}"}`,
  enum: ({ name }) => `enum ${name || "{…}"}`,
  enum64: ({ name }) => `enum ${name || "{…}"}`,
  fwd: ({ of, name }) => `${of} ${name}`,
  datasec: ({ name }) => `section ${name}`,
  decl_tag: ({ name, attribute }) => attributeText(attribute ? name : `btf_decl_tag("${name}")`),
  const: qualify,
  volatile: qualify,
  restrict: qualify,
  type_tag: ({ type, name, attribute }, text) => {
    text.tags.push(attributeText(attribute ? name : `btf_type_tag("${name}")`));
    return type;
  },
  ptr: ({ type }, text) => {
    text.inner = `*${words(...text.qualifiers, ...text.tags, text.inner)}`;
    [text.qualifiers, text.tags] = [[], []];
    return type;
  },
  array: ({ type, length }, text) => {
    text.inner = `${operand(text.inner)}[${length}]`;
    return type;
  },
  func_proto: (proto, text) => {
    text.inner = `${operand(text.inner)}(${parameterText(proto, text.description)})`;
    return proto.type;
  },
  func: ({ type, name }, text) => {
    text.inner = name;
    return type;
  },
  var: ({ type, name }, text) => {
    text.inner = name;
    return type;
  },
};

function qualify(
  { kind, type }: BtfTypeOf<"const" | "volatile" | "restrict">,
  text: Declarator,
): BtfTypeId {
  text.qualifiers.push(kind);
  return type;
}

function attributeText(attribute: string): string {
  return `__attribute__((${attribute}))`;
}

/** `[…]` and `(…)` bind tighter than `*`. */
function operand(inner: string): string {
  return inner.startsWith("*") ? `(${inner})` : inner;
}

function parameterText({ parameters, variadic }: BtfFuncProto, description: Description): string {
  const texts = [];
  for (const { type, name } of parameters) {
    if (description.left <= 0) break;
    texts.push(describe(description, type, name));
  }
  if (texts.length < parameters.length) texts.push("…");
  if (variadic) texts.push("...");
  return texts.length === 0 ? "void" : texts.join(", ");
}

function words(...all: readonly string[]): string {
  return all.filter((word) => word !== "").join(" ");
}
