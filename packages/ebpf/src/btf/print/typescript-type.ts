/**
 * Types of C as types of TypeScript, in one line.
 *
 * A pointer to a struct is the struct itself, as programs follow it with a dot like what is embedded; every other pointer is
 * an address. Integers are numbers up to 32 bits and bigints beyond, arrays of plain `char` are texts, and what BTF names
 * `__be16` and its like keeps to itself. Structs without a name are written out.
 * @module
 */
import { isWrapper, maxDepth, resolveType } from "../resolve.ts";
import type { TypeSource } from "../type-source.ts";
import type { BtfArray, BtfKind, BtfType, BtfTypeOf } from "../type.ts";
import { type InterfaceNames, isComposite } from "./interface-names.ts";

/** What members of a struct are besides their type. */
export interface MemberRules {
  /** Those that are not `readonly`. */
  readonly writable?: ReadonlySet<string>;
  /** Pointers to structs that may be null, and have to be checked. */
  readonly isChecked?: (name: string) => boolean;
}

/** Writes types of one BTF. */
export class TypeScriptTypes {
  readonly #types: TypeSource;
  readonly #interfaces: InterfaceNames;
  /** Names of interfaces by what C calls their types: one that is only declared is the one that is defined elsewhere. */
  readonly #defined = new Map<string, string>();
  readonly #texts = new Map<number, string>();
  /** Ids of the types that are being written inside each other. */
  readonly #writing = new Set<number>();

  /** Structs that are not among `interfaces` are known by their name alone. */
  constructor(types: TypeSource, interfaces: InterfaceNames) {
    this.#types = types;
    this.#interfaces = interfaces;
    for (const { type, name, cName } of interfaces.values()) {
      if (cName !== undefined) this.#defined.set(`${type.kind} ${cName}`, name);
    }
  }

  /** The type with number `id`. */
  text(id: number): string {
    const known = this.#texts.get(id);
    if (known !== undefined) return known;
    // Types that go round in a circle without a name on the way, which C cannot say, or that go on for pages.
    if (this.#writing.has(id) || this.#writing.size >= deepest) return "Opaque";
    this.#writing.add(id);
    const text = this.#write(id);
    this.#writing.delete(id);
    const short = text.length <= longestText ? text : "Opaque";
    this.#texts.set(id, short);
    return short;
  }

  /**
   * The members of a struct or union, each as a line without its end; those of unnamed ones within count as its own.
   */
  members(type: BtfTypeOf<"struct" | "union">, rules: MemberRules = {}): readonly string[] {
    const { writable = none, isChecked = () => false } = rules;
    return [...this.#ownMembers(type)].map(([name, member]) => {
      const isMissing = isChecked(name) && this.#isFollowed(member);
      const text = this.text(member) + (isMissing ? " | undefined" : "");
      return writable.has(name)
        ? `${propertyName(name)}: ${text.replace(/^readonly /, "")}`
        : `readonly ${propertyName(name)}: ${text}`;
    });
  }

  /** Whether the type with number `id` is a pointer that is followed with a dot. */
  #isFollowed(id: number): boolean {
    const type = resolveType(this.#types, id);
    return type.kind === "ptr" && isComposite(resolveType(this.#types, type.type));
  }

  /** Names of members and the ids of their types. */
  #ownMembers(
    { members }: BtfTypeOf<"struct" | "union">,
    found: Map<string, number> = new Map(),
    depth: number = 0,
  ): ReadonlyMap<string, number> {
    for (const { name, type } of members) {
      const inner = name === "" ? resolveType(this.#types, type) : undefined;
      if (inner === undefined) {
        if (!found.has(name)) found.set(name, type);
      } else if (isComposite(inner) && depth < maxDepth) {
        this.#ownMembers(inner, found, depth + 1);
      }
    }
    return found;
  }

  #write(id: number): string {
    const { type, order, space } = reach(this.#types, id);
    if (order !== undefined) return order;
    if (type.kind === "ptr") return this.#pointer(type.type, space);
    return this.#writers[type.kind](type as never);
  }

  #pointer(target: number, outer: string | undefined): string {
    const { type, space = outer } = reach(this.#types, target);
    if (type.kind === "func_proto") return "FunctionPointer";
    const to = this.#pointee(type, target);
    if (space !== undefined) return `Pointer<${to}, "${space}">`;
    if (isComposite(type) || type.kind === "fwd") return to;
    return type.kind === "void" ? "Pointer" : `Pointer<${to}>`;
  }

  #pointee(type: BtfType, target: number): string {
    if (type.kind === "void") return "unknown";
    if (isCharacter(type)) return "string";
    return this.text(target);
  }

  #composite(type: BtfTypeOf<"struct" | "union">): string {
    const known = this.#interfaces.get(type.id);
    if (known !== undefined) return known.name;
    if (type.name !== "") return `Opaque<"${type.name}">`;
    const lines = this.members(type);
    return lines.length === 0 ? "Opaque" : `{ ${lines.join("; ")} }`;
  }

  #array({ type, length }: BtfArray): string {
    const element = reach(this.#types, type);
    if (length > 0 && isCharacter(element.type)) return "string";
    const text = this.text(type);
    if (length > 0 && length <= longestTuple) {
      return `readonly [${Array.from({ length }, () => text).join(", ")}]`;
    }
    return length === 0 ? `KernelArray<${text}>` : `KernelArray<${text}, ${length}>`;
  }

  readonly #writers: { readonly [K in BtfKind]: (type: BtfTypeOf<K>) => string } = {
    void: () => "unknown",
    int: ({ size, encoding }) =>
      encoding === "bool" ? "boolean" : integer(size, encoding === "signed"),
    enum: ({ size, signed }) => integer(size, signed),
    enum64: ({ size, signed }) => integer(size, signed),
    float: () => "never",
    array: (type) => this.#array(type),
    struct: (type) => this.#composite(type),
    union: (type) => this.#composite(type),
    fwd: ({ name, of }) => this.#defined.get(`${of} ${name}`) ?? `Opaque<"${name}">`,
    ptr: ({ type }) => this.#pointer(type, undefined),
    func_proto: () => "FunctionPointer",
    func: () => "FunctionPointer",
    // What follows is nobody's type, or was passed over on the way here.
    typedef: () => "unknown",
    volatile: () => "unknown",
    const: () => "unknown",
    restrict: () => "unknown",
    type_tag: () => "unknown",
    var: () => "unknown",
    datasec: () => "unknown",
    decl_tag: () => "unknown",
  };
}

const none: ReadonlySet<string> = new Set();

/** How many types are written out inside each other. */
const deepest = 64;

/** Longest text of one type, in characters. */
const longestText = 1 << 16;

/** Arrays up to this length are tuples: their elements are known to be there. */
const longestTuple = 8;

/** A type behind its names and qualifiers, and what these said. */
interface Reached {
  readonly type: BtfType;
  /** Its name, when that is one of network order. */
  readonly order: string | undefined;
  /** Whose memory it lies in, when a tag says that it is not the kernel's. */
  readonly space: string | undefined;
}

function reach(types: TypeSource, id: number): Reached {
  let [order, space]: (string | undefined)[] = [];
  let type = types.typeById(id);
  for (let depth = 0; isWrapper(type) && depth < maxDepth; depth++) {
    if (type.kind === "typedef") order ??= networkOrders[type.name];
    if (type.kind === "type_tag") space ??= spaces[type.name];
    type = types.typeById(type.type);
  }
  return { type: isWrapper(type) ? resolveType(types, id) : type, order, space };
}

const networkOrders: { readonly [name: string]: string | undefined } = {
  __proto__: null as never,
  __be16: "be16",
  __be32: "be32",
  __be64: "be64",
};

/** Tags by which the kernel marks memory that is not read like its own: include/linux/compiler_types.h. */
const spaces: { readonly [tag: string]: string | undefined } = {
  __proto__: null as never,
  user: "user",
  percpu: "percpu",
};

function integer(size: number, signed: boolean): string {
  if (size === 16) return "readonly [u64, u64]";
  return `${signed ? "s" : "u"}${8 * size}`;
}

/** Plain `char`, of which texts are made; `unsigned char` and `signed char` are small numbers. */
function isCharacter(type: BtfType): boolean {
  return type.kind === "int" && type.size === 1 && type.name === "char";
}

/** `name` as the name of a property. */
export function propertyName(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}
