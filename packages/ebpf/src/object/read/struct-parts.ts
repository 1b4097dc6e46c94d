/**
 * Structs of C taken apart into what a layout can have as fields.
 *
 * Members of structs without a name count as members of the struct around them, as in C. A union without a name and
 * bit-fields that share bytes become one field of bytes, named after what is in it: `a_or_b`, `flag_mode`.
 * @module
 */
import { resolveType, sizeOf } from "../../btf/resolve.ts";
import type { TypeSource } from "../../btf/type-source.ts";
import type { BtfMember, BtfStruct, BtfType, BtfUnion } from "../../btf/type.ts";
import { bytes } from "../../layout/bytes.ts";
import type { Layout } from "../../layout/layout.ts";
import { struct } from "../../layout/struct.ts";

/** A part of a struct. */
export interface StructPart {
  readonly name: string;
  /** Bytes from the start of the struct. */
  readonly offset: number;
  readonly layout: Layout<unknown>;
}

/** Finds the layout of a type. */
export type LayoutOf = (type: number) => Layout<unknown>;

/**
 * The struct `type` as a layout with the same places; `undefined` when there is none, or a name is none of C.
 */
export function layoutOfStruct(
  types: TypeSource,
  type: BtfStruct,
  layoutOf: LayoutOf,
): Layout<unknown> | undefined {
  const parts = new StructParts(types, layoutOf);
  if (!parts.add(type, 0)) return undefined;
  return placed(type, parts.found);
}

/** Bytes of unknown meaning that lie where a value of this alignment may lie. */
export function alignedBytes(size: number, alignment: number): Layout<Uint8Array> {
  const fits = alignment > 0 && size % alignment === 0;
  return Object.freeze({ ...bytes(size), alignment: fits ? alignment : 1 });
}

function placed(type: BtfStruct, parts: readonly StructPart[]): Layout<unknown> | undefined {
  const names = parts.map(({ name }) => name);
  const isNamed = names.length > 0 && names.every((name) => isName(name));
  if (!isNamed || new Set(names).size < names.length) return undefined;
  const fields = Object.fromEntries(parts.map(({ name, layout }) => [name, layout]));
  const tag = isName(type.name) ? type.name : "unnamed";
  for (const packed of [false, true]) {
    const layout = struct(tag, fields, { packed });
    const isSame = parts.every(({ name, offset }) => layout.fields[name]?.offset === offset);
    if (isSame && layout.size === type.size) return layout;
  }
  return undefined;
}

function isName(name: string): boolean {
  return /^[A-Za-z_]\w*$/.test(name) && name !== "__proto__";
}

/** Bits of an integer that several members share. */
interface BitGroup {
  readonly names: string[];
  readonly start: number;
  end: number;
}

/** Structs without a name in one another, and parts of a struct: bounds for damaged files. */
const deepest = 32;
const mostParts = 4096;

/** Collects the parts of a struct. */
class StructParts {
  readonly found: StructPart[] = [];
  readonly #types: TypeSource;
  readonly #layoutOf: LayoutOf;
  #bits: BitGroup | undefined;

  constructor(types: TypeSource, layoutOf: LayoutOf) {
    this.#types = types;
    this.#layoutOf = layoutOf;
  }

  /** Adds the members of `type`, which starts at `start` bytes; false when one of them can be no part. */
  add(type: BtfStruct, start: number, depth = 0): boolean {
    if (depth > deepest) return false;
    const added = type.members.every((member) => this.#addMember(member, start, depth));
    this.#endBits();
    return added;
  }

  #addMember(member: BtfMember, start: number, depth: number): boolean {
    if (this.found.length > mostParts) return false;
    if (member.bitfieldSize > 0) return this.#addBits(member, start);
    this.#endBits();
    const offset = start + member.bitOffset / 8;
    // Flexible arrays and empty structs have no bytes.
    if (!Number.isInteger(offset) || sizeOf(this.#types, member.type) === 0) return false;
    if (member.name !== "") return this.#push(member.name, offset, member.type);
    const inner = resolveType(this.#types, member.type);
    if (inner.kind === "struct") return this.add(inner, offset, depth + 1);
    return inner.kind === "union" && this.#push(unionName(inner), offset, member.type);
  }

  #push(name: string, offset: number, type: number): boolean {
    this.found.push({ name, offset, layout: this.#layoutOf(type) });
    return true;
  }

  #addBits({ name, bitOffset, bitfieldSize }: BtfMember, start: number): boolean {
    const [first, end] = [8 * start + bitOffset, 8 * start + bitOffset + bitfieldSize];
    if (this.#bits !== undefined && first <= 8 * Math.ceil(this.#bits.end / 8)) {
      this.#bits.names.push(name);
      this.#bits.end = Math.max(this.#bits.end, end);
    } else {
      this.#endBits();
      this.#bits = { names: [name], start: Math.floor(first / 8), end };
    }
    return true;
  }

  #endBits(): void {
    if (this.#bits === undefined) return;
    const { names, start, end } = this.#bits;
    this.#bits = undefined;
    const layout = bytes(Math.ceil(end / 8) - start);
    const name = joined(
      names.filter((each) => each !== ""),
      "_",
    );
    this.found.push({ name: name === "" ? `bits_${start}` : name, offset: start, layout });
  }
}

function unionName({ members }: BtfUnion): string {
  return joined(
    members.map(({ name }) => (name === "" ? "unnamed" : name)),
    "_or_",
  );
}

/** Longer names say no more. */
const longestName = 64;

function joined(names: readonly string[], separator: string): string {
  const [first = ""] = names;
  const all = names.join(separator);
  return all.length <= longestName ? all : first;
}

/** Members of a type that bytes stand for, whose alignment those bytes need. */
export function membersOf(type: BtfType): readonly BtfMember[] {
  return type.kind === "struct" || type.kind === "union" ? type.members : [];
}
