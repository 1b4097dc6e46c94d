/**
 * Finding types by name without reading them.
 *
 * The first searches compare the wanted name with the names where they lie; once that has cost as much as a hash
 * table over all names does, the table is built. No text is made of any name, and no type is decoded.
 * @module
 */
import { encodeName, hashName } from "./strings.ts";
import type { TypeTable } from "./type-table.ts";

/**
 * How many names are compared for each word of the type section before the hash table is built, which takes about as
 * long.
 */
const comparesPerWord = 1.5;

/** Words of a type, about. How many types there are takes a walk over all of them. */
const wordsPerType = 4.5;

/** The names of one table's own types. */
export class NameIndex {
  readonly #table: TypeTable;
  #compared = 0;
  #hashes: NameHashes | undefined;

  constructor(table: TypeTable) {
    this.#table = table;
  }

  /** Builds the hash table now if searches for so many names will cost more than it does. */
  expect(names: number): void {
    if (names > comparesPerWord * wordsPerType) this.#hashes ??= hashNames(this.#table);
  }

  /** The lowest id called `name`, of kind number `kind` if given. */
  first(name: string, kind?: number): number | undefined {
    const bytes = encodeName(name);
    return bytes === undefined ? undefined : this.#next(bytes, 0, kind);
  }

  /** All ids called `name`, from the lowest up. */
  all(name: string): readonly number[] {
    const bytes = encodeName(name);
    const ids: number[] = [];
    if (bytes === undefined) return ids;
    let id = this.#next(bytes, 0);
    while (id !== undefined) {
      ids.push(id);
      id = this.#next(bytes, id);
    }
    return ids;
  }

  /** Names of types that start with the same letter as `name`, of kind number `kind` if given. */
  *like(name: string, kind?: number): Generator<string, void> {
    const table = this.#table;
    const letter = encodeName(name)?.[0];
    for (let id = table.first; table.has(id); id++) {
      if (kind !== undefined && table.kindNumber(id) !== kind) continue;
      const offset = table.nameOffset(id);
      if (table.strings.byte(offset) === letter) yield table.strings.text(offset);
    }
  }

  /** The lowest id behind `after` that is called `name` and of number `kind`. */
  #next(name: Uint8Array, after: number, kind?: number): number | undefined {
    const table = this.#table;
    if (this.#compared > comparesPerWord * table.wordCount) this.#hashes ??= hashNames(table);
    if (this.#hashes !== undefined) return this.#lookUp(this.#hashes, name, after, kind);
    const id = table.findNamed(name, after, kind ?? -1);
    this.#compared += (id ?? table.end) - Math.max(after, table.first);
    return id;
  }

  #lookUp(hashes: NameHashes, name: Uint8Array, after: number, kind?: number): number | undefined {
    const table = this.#table;
    let link =
      after === 0
        ? hashes.heads[hashName(name) & hashes.mask]!
        : hashes.links[after - table.first]!;
    while (link !== 0) {
      const id = table.first + link - 1;
      const fits = kind === undefined || table.kindNumber(id) === kind;
      if (fits && table.strings.equals(table.nameOffset(id), name)) return id;
      link = hashes.links[link - 1]!;
    }
    return undefined;
  }
}

/** Chains of types whose names have the same hash; a link is 1 + the index of a type in its table, 0 ends a chain. */
interface NameHashes {
  readonly mask: number;
  readonly heads: Uint32Array;
  readonly links: Uint32Array;
}

/** From the last type to the first, so that chains run from low ids to high ones. */
function hashNames(table: TypeTable): NameHashes {
  const { first, end, strings } = table;
  const buckets = 2 ** Math.ceil(Math.log2(Math.max(end - first, 1)));
  const hashes = {
    mask: buckets - 1,
    heads: new Uint32Array(buckets),
    links: new Uint32Array(end - first),
  };
  for (let id = end - 1; id >= first; id--) {
    const offset = table.nameOffset(id);
    if (offset === 0) continue;
    const bucket = strings.hash(offset) & hashes.mask;
    hashes.links[id - first] = hashes.heads[bucket]!;
    hashes.heads[bucket] = id - first + 1;
  }
  return hashes;
}
