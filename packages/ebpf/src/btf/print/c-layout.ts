/**
 * How structs have to be written in C so that a compiler lays them out as BTF says.
 *
 * BTF holds where members lie, not why. The members are placed as a compiler would; where it would place one too low,
 * bits without a name fill the gap, and where it would place one too high, or end up too large, the struct is packed.
 * So alignment that was asked for by attributes is written as gaps: offsets and sizes come out right without knowing
 * the attribute.
 * @module
 */
import { maxDepth, resolveType } from "../resolve.ts";
import type { TypeSource } from "../type-source.ts";
import type { BtfMember, BtfStruct, BtfType, BtfUnion } from "../type.ts";

/** Bits between members. */
export interface Gap {
  /** Number of the first one in the struct. */
  readonly at: number;
  /** How many: those of an integer, fewer than 8, or the whole bytes of an array. */
  readonly width: number;
  /** Whether it is written as an array of bytes, whatever its width: bit-fields of a union lie on one another. */
  readonly asBytes?: true;
}

/** A member, and the gap before it. */
export interface PlacedMember {
  readonly member: BtfMember;
  readonly gaps: readonly Gap[];
}

/** A struct or union as it has to be written. */
export interface CLayout {
  readonly packed: boolean;
  readonly members: readonly PlacedMember[];
  /** Gaps behind the last member. */
  readonly tail: readonly Gap[];
}

/** Layouts of the types of one BTF. */
export class CLayouts {
  readonly #types: TypeSource;
  readonly #alignments = new Map<number, number>();
  readonly #packed = new Map<number, boolean>();

  constructor(types: TypeSource) {
    this.#types = types;
  }

  /** How to write `type`. */
  layoutOf(type: BtfStruct | BtfUnion): CLayout {
    const packed = this.#isPacked(type);
    const unit = packed ? 8 : 8 * this.#largestAlignment(type);
    const members: PlacedMember[] = [];
    let at = 0;
    for (const member of type.members) {
      const gaps =
        this.#place(member, at, packed) < member.bitOffset ? fill(at, member.bitOffset, unit) : [];
      members.push({ member, gaps });
      if (type.kind === "struct") at = member.bitOffset + this.#bits(member);
    }
    const end = type.kind === "struct" ? at : this.#widest(type);
    const reached = packed ? up(end, 8) : up(end, unit);
    const tail = reached < 8 * type.size ? tailOf(type, end, unit) : [];
    return { packed, members, tail };
  }

  /** Alignment in bytes of the type with number `id`, once it is written like this. */
  #alignment(id: number): number {
    const known = this.#alignments.get(id);
    if (known !== undefined) return known;
    // What contains itself is damaged; this ends the search.
    this.#alignments.set(id, 1);
    const alignment = this.#alignmentOf(this.#element(id));
    this.#alignments.set(id, alignment);
    return alignment;
  }

  #alignmentOf(type: BtfType): number {
    if (type.kind === "struct" || type.kind === "union") {
      return this.#isPacked(type) ? 1 : this.#largestAlignment(type);
    }
    if (type.kind === "ptr") return this.#types.pointerSize;
    if (type.kind === "float") return type.size === 12 ? 4 : Math.min(type.size, 16);
    return "size" in type ? Math.max(1, type.size) : 1;
  }

  #largestAlignment(type: BtfStruct | BtfUnion): number {
    return largest(1, type.members, (member) => this.#alignment(member.type));
  }

  /** The type of the elements, for arrays of arrays too. */
  #element(id: number): BtfType {
    let type = resolveType(this.#types, id);
    for (let depth = 0; type.kind === "array" && depth < maxDepth; depth++) {
      type = resolveType(this.#types, type.type);
    }
    return type;
  }

  #isPacked(type: BtfStruct | BtfUnion): boolean {
    const known = this.#packed.get(type.id);
    if (known !== undefined) return known;
    this.#packed.set(type.id, false);
    const packed = this.#hasToBePacked(type);
    this.#packed.set(type.id, packed);
    return packed;
  }

  #hasToBePacked(type: BtfStruct | BtfUnion): boolean {
    if (type.size % this.#largestAlignment(type) !== 0) return true;
    let at = 0;
    for (const member of type.members) {
      if (this.#place(member, at, false) > member.bitOffset) return true;
      if (member.bitfieldSize === 0) {
        if (member.bitOffset % (8 * this.#alignment(member.type)) !== 0) return true;
      } else if (this.#straddles(member)) return true;
      if (type.kind === "struct") at = member.bitOffset + this.#bits(member);
    }
    return false;
  }

  /** Whether a bit-field lies over the border of two values of its type. */
  #straddles({ type, bitOffset, bitfieldSize }: BtfMember): boolean {
    const unit = 8 * this.#alignment(type);
    return bitOffset % unit > (bitOffset + bitfieldSize - 1) % unit;
  }

  /** Where a compiler that has used the bits up to `at` puts `member`. */
  #place(member: BtfMember, at: number, packed: boolean): number {
    const { type, bitfieldSize } = member;
    if (bitfieldSize === 0) return up(at, packed ? 8 : 8 * this.#alignment(type));
    if (packed) return at;
    const unit = 8 * this.#alignment(type);
    return at % unit > (at + bitfieldSize - 1) % unit ? up(at, unit) : at;
  }

  #bits({ type, bitfieldSize }: BtfMember): number {
    return bitfieldSize > 0 ? bitfieldSize : 8 * this.#size(type);
  }

  #size(id: number): number {
    let elements = 1;
    let type = resolveType(this.#types, id);
    for (let depth = 0; type.kind === "array" && depth < maxDepth; depth++) {
      elements *= type.length;
      type = resolveType(this.#types, type.type);
    }
    if (type.kind === "ptr") return elements * this.#types.pointerSize;
    return "size" in type ? elements * type.size : 0;
  }

  #widest(type: BtfUnion | BtfStruct): number {
    return largest(0, type.members, (member) => this.#bits(member));
  }
}

/** What makes `type` as large as it is, behind `end` bits of members. */
function tailOf({ kind, size }: BtfStruct | BtfUnion, end: number, unit: number): readonly Gap[] {
  if (kind === "struct") return fill(end, 8 * size, unit);
  return [{ at: 0, width: 8 * size, asBytes: true }];
}

/** What leads from bit `from` to bit `to`: bit-fields none wider than `largest`, each at a multiple of its width. */
function fill(from: number, to: number, largest: number): readonly Gap[] {
  const gaps: Gap[] = [];
  for (let at = from; at < to; at += gaps.at(-1)!.width) {
    const left = to - at;
    const isWhole = at % 8 === 0 && left >= 8;
    if (!isWhole) gaps.push({ at, width: Math.min(8 - (at % 8), left) });
    else if (left > longestGap) gaps.push({ at, width: left - (left % 8) });
    else gaps.push({ at, width: wholeBytes(at, to, largest) });
  }
  return gaps;
}

/** Bits of the longest gap that bit-fields are written for. */
const longestGap = 8 * 256;

function wholeBytes(at: number, to: number, largest: number): number {
  let width = 8;
  while (2 * width <= Math.min(largest, 64) && at % (2 * width) === 0 && to - at >= 2 * width) {
    width *= 2;
  }
  return width;
}

function up(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}

/** The largest of the values of `members`, of which there can be more than a function takes arguments. */
function largest(
  least: number,
  members: readonly BtfMember[],
  valueOf: (member: BtfMember) => number,
): number {
  return members.reduce((most, member) => Math.max(most, valueOf(member)), least);
}
