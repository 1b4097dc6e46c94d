/**
 * The cursor through which one type is decoded.
 *
 * It stands on a type of a table and hands out its words as what they mean: names as text, references as ids that
 * exist. It holds no position of its own, so fields can be read in any order.
 * @module
 */
import { typeId, type TypeTable } from "./type-table.ts";
import type { BtfTypeId, Linkage } from "./type.ts";

const linkages: readonly Linkage[] = ["static", "global", "extern"];

/** One type in the type section. All but `extra` throw MalformedError for names and references to nowhere. */
export class TypeCursor {
  readonly id: BtfTypeId;
  readonly #table: TypeTable;
  readonly #position: number;

  constructor(table: TypeTable, id: number) {
    this.id = typeId(id);
    this.#table = table;
    this.#position = table.position(id);
  }

  get name(): string {
    return this.#text(this.#table.word(this.#position));
  }

  get flag(): boolean {
    return this.#table.flag(this.id);
  }

  get count(): number {
    return this.#table.count(this.id);
  }

  /** Third word, for kinds that have a size there. */
  get size(): number {
    return this.#table.word(this.#position + 2);
  }

  /** Third word, for kinds that refer to a type there. */
  get type(): BtfTypeId {
    return this.#reference(this.size);
  }

  /** Word `index` of those behind the three that every type has. */
  extra(index: number): number {
    return this.#table.word(this.#position + 3 + index);
  }

  /** The name whose offset is extra word `word`; `part` and `index` say in errors of what. */
  textAt(word: number, part: string, index: number): string {
    return this.#text(this.extra(word), part, index);
  }

  /** The id that is extra word `word`. */
  typeAt(word: number, part: string, index?: number): BtfTypeId {
    return this.#reference(this.extra(word), part, index);
  }

  /** What `read` makes of each repeated part; it is given the extra word where the part starts. */
  each<T extends object>(
    words: number,
    read: (word: number, index: number) => T,
  ): readonly Readonly<T>[] {
    const { count } = this;
    const parts: Readonly<T>[] = [];
    for (let index = 0; index < count; index++) {
      parts.push(Object.freeze(read(words * index, index)));
    }
    return Object.freeze(parts);
  }

  linkage(number: number): Linkage {
    return linkages[number] ?? this.fail(`linkage ${number} is unknown`);
  }

  fail(message: string): never {
    this.#table.fail(this.id, message);
  }

  #text(offset: number, part?: string, index?: number): string {
    const { strings } = this.#table;
    if (offset < strings.end) return strings.text(offset);
    return this.#table.fail(this.id, `no name is at ${offset} in the strings`, named(part, index));
  }

  #reference(id: number, part?: string, index?: number): BtfTypeId {
    const table = this.#table;
    if (id < table.first || table.has(id)) return typeId(id);
    const message = `it refers to type ${id}, but the last is ${table.end - 1}`;
    return table.fail(this.id, message, named(part, index));
  }
}

/** `"member 3"`, `"element"`. */
function named(part: string | undefined, index: number | undefined): string | undefined {
  return index === undefined ? part : `${part} ${index}`;
}
