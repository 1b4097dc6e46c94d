/**
 * The type section of BTF as a table: where each type starts, and the fields all types have.
 *
 * A walk over the section, as far as somebody asks, steps from type to type by the sizes of the kinds and notes a
 * position per type; that is all the work done for types nobody asks for. What is in a type is checked when it is
 * decoded.
 * @module
 */
import { MalformedError } from "../base/errors.ts";
import type { BtfSections } from "./sections.ts";
import { StringTable } from "./strings.ts";
import { TypePositions } from "./type-positions.ts";
import { btfKinds, type BtfKind, type BtfTypeId } from "./type.ts";

/** What a table is made of, and what it continues. */
export interface TypeTableParts {
  readonly sections: BtfSections;
  /** What the types are of, for errors. */
  readonly path: string;
  readonly base: TypeTable | undefined;
}

/**
 * Types by id. All but {@link TypeTable.end} speaks of the table's own types only, those from `first` on.
 *
 * ```
 *           word 0      word 1                             word 2         then
 *          +-----------+---+---------+--------------------+--------------+----------------------+
 *   a type | name      |flg| kind    | count              | size or type | by kind: count times |
 *          +-----------+---+---------+--------------------+--------------+----------------------+
 *                       31  30    24  23                 0
 * ```
 *
 * Until Linux 7.2 the count had 16 bits and the kind 5; the bits between were 0. Source: `struct btf_type` in
 * include/uapi/linux/btf.h.
 */
export class TypeTable {
  readonly path: string;
  readonly strings: StringTable;
  /** Id of the first own type. */
  readonly first: number;
  readonly #words: Uint32Array;
  readonly #typesAt: number;
  /** Of type `first + n` at `n`. */
  readonly #positions: TypePositions;

  constructor({ sections, path, base }: TypeTableParts) {
    this.path = path;
    this.strings = new StringTable(sections.strings, {
      path,
      base: base?.strings,
      offset: sections.stringsAt,
    });
    this.#words = sections.words;
    this.#typesAt = sections.typesAt;
    this.first = base?.end ?? 1;
    this.#positions = new TypePositions({
      sections,
      nameEnd: this.strings.end,
      refuse: (index, message, at) => this.#fail(this.first + index, message, { at }),
    });
  }

  /**
   * Id behind the last type. Asking for it walks over all types.
   * @throws MalformedError when they do not follow each other up to the end of the section, as all that asks for a
   * type behind the place.
   */
  get end(): number {
    return this.first + this.#positions.all();
  }

  /** Size of the type section in words. */
  get wordCount(): number {
    return this.#words.length;
  }

  /** Whether there is an own type `id`. */
  has(id: number): boolean {
    return Number.isInteger(id) && id >= this.first && this.#positions.reach(id - this.first);
  }

  /** Index of the first word of type `id`, to be used with {@link TypeTable.word}. */
  position(id: number): number {
    const index = id - this.first;
    this.#positions.reach(index);
    return this.#positions.at[index]!;
  }

  /** Bytes from the start of the input to type `id`. */
  offset(id: number): number {
    return this.#typesAt + 4 * this.position(id);
  }

  /** The word at `index` of the type section. */
  word(index: number): number {
    return this.#words[index]!;
  }

  /** The words of type `id`: a view of the type section. */
  stored(id: number): Uint32Array {
    const end = this.has(id + 1) ? this.position(id + 1) : this.#words.length;
    return this.#words.subarray(this.position(id), end);
  }

  /** Offset of the name of type `id`. */
  nameOffset(id: number): number {
    return this.#words[this.position(id)]!;
  }

  /** Number of the kind of type `id`: an index of {@link btfKinds}, or beyond them. */
  kindNumber(id: number): number {
    return kindOf(this.#words[this.position(id) + 1]!);
  }

  /** How many members, values or parameters type `id` has. */
  count(id: number): number {
    return countOf(this.#words[this.position(id) + 1]!);
  }

  /** Whether the flag of type `id` is set; what it means depends on the kind. */
  flag(id: number): boolean {
    return this.#words[this.position(id) + 1]! >>> 31 === 1;
  }

  /**
   * The lowest id behind `after` whose type is called `name`, which ends with a zero byte, and is of number `kind` if
   * that is not -1. Few names share a first byte, so most types take one look at their name.
   */
  findNamed(name: Uint8Array, after: number, kind: number): number | undefined {
    const { first, strings } = this;
    const { bytes, start } = strings;
    const words = this.#words;
    const positions = this.#positions;
    const letter = name[0];
    let index = Math.max(after + 1 - first, 0);
    while (positions.reach(index)) {
      for (const { found } = positions; index < found; index++) {
        const at = positions.at[index]!;
        if (kind !== -1 && kindOf(words[at + 1]!) !== kind) continue;
        const offset = words[at]!;
        if (offset >= start && bytes[offset - start] !== letter) continue;
        if (strings.equals(offset, name)) return first + index;
      }
    }
    return undefined;
  }

  /** Refuses type `id`; `detail` names the part of it that is wrong. */
  fail(id: number, message: string, detail?: string): never {
    this.#fail(id, message, { at: this.position(id), ...(detail === undefined ? {} : { detail }) });
  }

  #fail(id: number, message: string, { at, detail }: { at: number; detail?: string }): never {
    const path = [this.path, `type ${id}`, ...(detail === undefined ? [] : [detail])];
    throw new MalformedError("BTF", message, { path, offset: this.#typesAt + 4 * at });
  }
}

/** Number of `kind`: the other way round of {@link btfKinds}. */
export function kindNumber(kind: BtfKind): number {
  return btfKinds.indexOf(kind);
}

/** Gives ids their type: `id` was checked to be one. */
export function typeId(id: number): BtfTypeId {
  return id as BtfTypeId;
}

function kindOf(info: number): number {
  return (info >>> 24) & 0x7f;
}

function countOf(info: number): number {
  return info & 0xff_ffff;
}
