/**
 * Declarations of C as text: a type with the name of what has it, bodies of structs and enums.
 *
 * As in `describe`, a declaration is written around its name from the inside out. Structs without a name are written
 * out where they are used, all others by their name, so what a text refers to has to be printed before.
 * @module
 */
import { failType, maxDepth, resolveType } from "../resolve.ts";
import type { TypeSource } from "../type-source.ts";
import type {
  BtfEnum,
  BtfEnum64,
  BtfFuncProto,
  BtfKind,
  BtfMember,
  BtfStruct,
  BtfTypeId,
  BtfTypeOf,
  BtfUnion,
} from "../type.ts";
import { LocalNames } from "./c-identifier.ts";
import { CLayouts, type Gap } from "./c-layout.ts";
import { builtIn, type CNames, type HeaderPart } from "./c-names.ts";
import { isComposite } from "./interface-names.ts";

/** Writes declarations of the types of one BTF. */
export class CText {
  readonly #types: TypeSource;
  readonly #names: CNames;
  readonly #part: HeaderPart;
  readonly #layouts: CLayouts;
  /** How many declarations are being written inside each other, and how many types were looked at for them. */
  #depth = 0;
  #steps = 0;

  /** Writes what goes into `part` of a header. */
  constructor(types: TypeSource, names: CNames, part: HeaderPart) {
    this.#types = types;
    this.#names = names;
    this.#part = part;
    this.#layouts = new CLayouts(types);
  }

  /**
   * Something called `name` of the type with number `id`; lines within are moved in by `indent`.
   * @throws MalformedError when structs without names go on inside each other without end.
   */
  declare(id: number, name: string, indent = ""): string {
    const text: Declarator = { inner: name, qualifiers: [], tags: [], indent };
    let next: BtfTypeId | string = id as BtfTypeId;
    if (this.#depth === 0) this.#steps = 0;
    if (++this.#depth > 4 * maxDepth) this.#failTooDeep(id);
    for (let links = 0; typeof next === "number"; links++) {
      if (links > longestChain || ++this.#steps > longestDeclaration) this.#failTooDeep(id);
      const type = this.#types.typeById(next);
      next = (this.#parts[type.kind] as Part)(type as never, text);
    }
    this.#depth--;
    return words(...text.qualifiers, next, ...text.tags, text.inner);
  }

  /** `struct foo { … }` with its attributes; without the name where there is none. */
  composite(type: BtfStruct | BtfUnion, indent = ""): string {
    const body = this.#body(type, indent, new LocalNames());
    return `${words(type.kind, this.#names.of(type.id))} ${body}`;
  }

  #body(type: BtfStruct | BtfUnion, indent: string, names: LocalNames): string {
    const { packed, members, tail } = this.#layouts.layoutOf(type);
    const inner = `${indent}\t`;
    const lines = members.flatMap(({ member, gaps }) => {
      return [...gaps.map(gapText), this.#member(member, inner, names)];
    });
    const all = [...lines, ...tail.map(gapText)].map((line) => `${inner}${line};\n`).join("");
    return `{\n${all}${indent}}${packed ? " __attribute__((packed))" : ""}`;
  }

  #member({ name, type, bitfieldSize }: BtfMember, indent: string, names: LocalNames): string {
    const unnamed = name === "" ? resolveType(this.#types, type) : undefined;
    if (unnamed !== undefined && isComposite(unnamed)) return this.#unnamed(unnamed, indent, names);
    const text = this.declare(type, names.take(name), indent);
    return text + (bitfieldSize === 0 ? "" : `: ${bitfieldSize}`);
  }

  /**
   * A member without a name, whose type the kernel may have a name for: standard C wants it written out. Its members are among
   * those of the struct that it is in, and so are their names.
   */
  #unnamed(type: BtfStruct | BtfUnion, indent: string, names: LocalNames): string {
    if (this.#depth === 0) this.#steps = 0;
    if (++this.#depth > 4 * maxDepth || ++this.#steps > longestDeclaration) {
      this.#failTooDeep(type.id);
    }
    const text = `${type.kind} ${this.#body(type, indent, names)}`;
    this.#depth--;
    return text;
  }

  /** `enum foo { … }`. */
  enum(type: BtfEnum | BtfEnum64, indent = ""): string {
    const names = this.#names.enumerators(type, this.#part);
    const head = words("enum", this.#names.of(type.id));
    if (type.values.length === 0) return head;
    const lines = type.values.map(({ value }, index) => {
      const suffix =
        typeof value === "bigint" && !fitsInt(value) ? (value < 0n ? "LL" : "ULL") : "";
      return `${indent}\t${names[index]} = ${literal(value)}${suffix},\n`;
    });
    return `${head} {\n${lines.join("")}${indent}}${enumAttribute(type)}`;
  }

  readonly #parts: Parts = {
    void: () => "void",
    int: ({ id, name }) => this.#names.of(id) || name,
    float: ({ id, name }) => this.#names.of(id) || name,
    // What the kernel's compiler had for itself is another type in the compiler of programs.
    typedef: ({ id, name, type }) => (builtIn.has(name) ? type : this.#names.of(id)),
    struct: (type, { indent }) => this.#tagged(type, indent),
    union: (type, { indent }) => this.#tagged(type, indent),
    enum: (type, { indent }) => this.#taggedEnum(type, indent),
    enum64: (type, { indent }) => this.#taggedEnum(type, indent),
    fwd: ({ id, of }) => words(of, this.#names.of(id)),
    const: qualify,
    volatile: qualify,
    restrict: qualify,
    type_tag: ({ type, name, attribute }, text) => {
      const word = attribute ? name : `btf_type_tag("${name}")`;
      text.tags.push(`__attribute__((${word}))`);
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
      text.inner = `${operand(text.inner)}(${this.#parameters(proto, text.indent)})`;
      // A function is neither const nor volatile, whatever a typedef of one was said to be.
      text.qualifiers = [];
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
    datasec: () => "void",
    decl_tag: () => "void",
  };

  #tagged(type: BtfStruct | BtfUnion, indent: string): string {
    const name = this.#names.of(type.id);
    return name === "" ? this.composite(type, indent) : `${type.kind} ${name}`;
  }

  #taggedEnum(type: BtfEnum | BtfEnum64, indent: string): string {
    const name = this.#names.of(type.id);
    return name === "" ? this.enum(type, indent) : `enum ${name}`;
  }

  #parameters({ parameters, variadic }: BtfFuncProto, indent: string): string {
    const names = new LocalNames();
    const texts = parameters.map(({ type, name }) => {
      return this.declare(type, names.take(name), indent);
    });
    // C has no `(...)`. Compilers describe a function declared with `()` like this.
    if (variadic && texts.length > 0) texts.push("...");
    return texts.length === 0 ? "void" : texts.join(", ");
  }

  #failTooDeep(id: number): never {
    failType(this.#types, id, "it is made of types without names and without end");
  }
}

/** How many types one declaration may be made of. A kernel's have hundreds. */
const longestDeclaration = 100_000;
/** Types that one declaration goes through from the name outwards, as an array of pointers does. */
const longestChain = 256;

/** The text around a name so far. */
interface Declarator {
  inner: string;
  /** Words that belong to the type that comes next, written before it. */
  qualifiers: string[];
  /** Words that belong to it and are written behind it. */
  tags: string[];
  readonly indent: string;
}

type Part = (type: never, text: Declarator) => BtfTypeId | string;
type Parts = {
  readonly [K in BtfKind]: (type: BtfTypeOf<K>, text: Declarator) => BtfTypeId | string;
};

function qualify(
  { kind, type }: BtfTypeOf<"const" | "volatile" | "restrict">,
  text: Declarator,
): BtfTypeId {
  // A typedef that is const can be made const again; printed without it, once is enough.
  if (!text.qualifiers.includes(kind)) text.qualifiers.push(kind);
  return type;
}

/** `[…]` and `(…)` bind tighter than `*`. */
function operand(inner: string): string {
  return inner.startsWith("*") ? `(${inner})` : inner;
}

/** Bit-fields without a name, or an array with one: C has no arrays without. */
function gapText({ at, width, asBytes }: Gap): string {
  if (width > 64 || asBytes === true) return `char __gap_${at / 8}[${width / 8}]`;
  return width <= 8 ? `char: ${width}` : `${gapTypes[width]}: ${width}`;
}

const gapTypes: { readonly [width: number]: string } = { 16: "short", 32: "int", 64: "long long" };

/** Sizes of enums that compilers would not choose by themselves. */
function enumAttribute({ size, values }: BtfEnum | BtfEnum64): string {
  const wide = values.some(({ value }) => !fitsInt(value));
  const mode = { 1: "QI", 2: "HI", 8: wide ? undefined : "DI" }[size];
  return mode === undefined ? "" : ` __attribute__((mode(${mode})))`;
}

/** Whether an enum with this value still has 32 bits. */
function fitsInt(value: number | bigint): boolean {
  return value >= -(2 ** 31) && value < 2 ** 32;
}

/** Minus 2^31 and minus 2^63 are no literals of C: the minus is put before a number that is too large. */
function literal(value: number | bigint): string {
  return BigInt(value) === -(1n << 63n) ? `-${(1n << 63n) - 1n}LL - 1` : `${value}`;
}

function words(...all: readonly string[]): string {
  return all.filter((word) => word !== "").join(" ");
}
