/**
 * Reading the tables in sections: symbols and relocations.
 * @module
 */
import { assert } from "../base/assert.ts";
import { MalformedError } from "../base/errors.ts";
import {
  entrySizes,
  firstReservedSection,
  sectionElsewhere,
  specialSections,
  symbolBindings,
  symbolTypes,
  symbolVisibilities,
  wordOf,
  type ElfFile,
  type ElfRelocation,
  type ElfSection,
  type ElfSymbol,
  type SpecialSection,
} from "./elf.ts";
import { Region } from "./region.ts";
import { textAt } from "./string-table.ts";

/** The first section called `name`. */
export function findSection(file: ElfFile, name: string): ElfSection | undefined {
  return file.sections.find((section) => section.name === name);
}

/**
 * The symbols of the file by their index, the empty first one included; none when it has no table of them.
 * `table` chooses between those for linking and those for running.
 * @throws {MalformedError} when the table is damaged.
 */
export function readSymbols(
  file: ElfFile,
  table: "symtab" | "dynsym" = "symtab",
): readonly ElfSymbol[] {
  const section = file.sections.find(({ type }) => type === table);
  if (section === undefined) return [];
  const symbols = tableOf(file, section, entrySizes.symbol);
  const names = regionOf(file, linkedSection(file, section, "strtab"));
  const count = symbols.bytes.length / entrySizes.symbol;
  return Array.from({ length: count }, (_, index) => readSymbol(file, symbols, index, names));
}

/** A symbol, and where in its table it is. */
export interface FoundSymbol {
  readonly index: number;
  readonly symbol: ElfSymbol;
}

/**
 * The symbols called `name`, or `name@` and a version, in their order. Of large files this takes a fraction of the time that
 * reading all symbols does: names are looked for first, then the entries that have them.
 * @throws {MalformedError} when the table is damaged.
 */
export function findSymbols(
  file: ElfFile,
  table: "symtab" | "dynsym",
  name: string,
): readonly FoundSymbol[] {
  const section = file.sections.find(({ type }) => type === table);
  if (section === undefined || name === "") return [];
  const symbols = regionOf(file, section);
  const names = regionOf(file, linkedSection(file, section, "strtab"));
  const wanted = namePlaces(names.bytes, name);
  const found: FoundSymbol[] = [];
  if (wanted.size === 0) return found;
  const count = Math.floor(symbols.bytes.length / entrySizes.symbol);
  for (let index = 0; index < count; index++) {
    if (!wanted.has(symbols.u32(index * entrySizes.symbol))) continue;
    found.push({ index, symbol: readSymbol(file, symbols, index, names) });
  }
  return found;
}

/** Where in a table of names `name` is, also at the end of longer ones: those share their bytes. */
function namePlaces(names: Uint8Array, name: string): ReadonlySet<number> {
  const bytes = new TextEncoder().encode(name);
  const places = new Set<number>();
  const first = bytes[0]!;
  for (let at = names.indexOf(first); at !== -1; at = names.indexOf(first, at + 1)) {
    const end = names[at + bytes.length];
    const isWhole = end === 0 || end === versionMark;
    if (isWhole && bytes.every((byte, index) => names[at + index] === byte)) places.add(at);
  }
  return places;
}

/** `@`, before a version. */
const versionMark = 0x40;

/**
 * The places in `section` that depend on symbols, from its sections of type `rel` and `rela`, in their order.
 * @throws {MalformedError} when a table is damaged, or names a place or symbol that does not exist.
 */
export function readRelocations(file: ElfFile, section: ElfSection): readonly ElfRelocation[] {
  return relocationTables(file, section.index).flatMap((table) => {
    const symbols = linkedSection(file, table, "symtab");
    const within = {
      // In files that are run, places are addresses.
      size: file.type === "relocatable" ? section.size : Infinity,
      symbolCount: Math.floor(symbols.bytes.length / entrySizes.symbol),
    };
    const entries = entriesOf(file, table, entrySizes[table.type === "rel" ? "rel" : "rela"]);
    return entries.map((entry) => readRelocation(entry, within));
  });
}

/** Tables of relocations by the section they are for, of files that were asked for some: files may have very many sections. */
const tablesOf = new WeakMap<ElfFile, ReadonlyMap<number, readonly ElfSection[]>>();

function relocationTables(file: ElfFile, section: number): readonly ElfSection[] {
  let known = tablesOf.get(file);
  if (known === undefined) {
    const tables = file.sections.filter(({ type, info }) => {
      return info !== 0 && (type === "rel" || type === "rela");
    });
    known = Map.groupBy(tables, ({ info }) => info);
    tablesOf.set(file, known);
  }
  return known.get(section) ?? [];
}

/**
 * ```
 *   0      4      5       6         8       16     24
 *   +------+------+-------+---------+-------+------+
 *   | name | info | other | section | value | size |   info: binding in the high half, type in the low
 *   +------+------+-------+---------+-------+------+
 * ```
 */
function readSymbol(file: ElfFile, table: Region, index: number, names: Region): ElfSymbol {
  const at = index * entrySizes.symbol;
  const info = table.u8(at + 4);
  return Object.freeze({
    name: textAt(names, table.u32(at)),
    binding: symbolBindingWords[info >> 4] ?? info >> 4,
    type: symbolTypeWords[info & 0xf] ?? info & 0xf,
    visibility: symbolVisibilities[table.u8(at + 5) & 3]!,
    section: sectionOf(file, table, index),
    value: table.u64(at + 8),
    size: table.length(at + 16),
  });
}

/** Words by number: files have very many symbols. */
const symbolBindingWords = wordList(symbolBindings);
const symbolTypeWords = wordList(symbolTypes);

function wordList<Word extends string>(
  words: Readonly<Record<Word, number>>,
): readonly (Word | undefined)[] {
  const list: (Word | undefined)[] = [];
  for (const word of Object.keys(words) as Word[]) list[words[word]] = word;
  return list;
}

function sectionOf(file: ElfFile, table: Region, symbol: number): number | SpecialSection {
  const at = symbol * entrySizes.symbol;
  const index = table.u16(at + 6);
  if (index > 0 && index < Math.min(file.sections.length, firstReservedSection)) return index;
  const fail = (message: string): never =>
    table.part(`entry ${symbol}`, at, entrySizes.symbol).fail(message, 6);
  const word = wordOf(specialSections, index);
  if (typeof word === "string") return word;
  if (index === sectionElsewhere) fail("more sections than 65279 are not supported");
  // What processors and systems keep for themselves is as good as a number.
  if (index >= firstReservedSection) return "absolute";
  return fail(`the symbol's section ${index} does not exist`);
}

/**
 * ```
 *   0        8      12       16
 *   +--------+------+--------+- - - - +
 *   | offset |     info      | addend |   info is one number of 64 bits: symbol in the high half, type in the low
 *   +--------+------+--------+- - - - +
 * ```
 */
function readRelocation(
  entry: Region,
  within: { readonly size: number; readonly symbolCount: number },
): ElfRelocation {
  const offset = entry.length(0);
  const info = entry.u64(8);
  const symbol = Number(info >> 32n);
  if (offset >= within.size) entry.fail(`the section has no place ${offset}`, 0);
  if (symbol >= within.symbolCount) entry.fail(`there is no symbol ${symbol}`, 8);
  const addend = entry.bytes.length === entrySizes.rela ? BigInt.asIntN(64, entry.u64(16)) : 0n;
  return Object.freeze({ offset, type: Number(info & 0xffff_ffffn), symbol, addend });
}

function entriesOf(file: ElfFile, section: ElfSection, size: number): Region[] {
  const region = tableOf(file, section, size);
  return Array.from({ length: region.bytes.length / size }, (_, index) =>
    region.part(`entry ${index}`, index * size, size),
  );
}

/** A section that is whole entries of `size` bytes. */
function tableOf(file: ElfFile, section: ElfSection, size: number): Region {
  const region = regionOf(file, section);
  const { length } = region.bytes;
  if (length % size !== 0) region.fail(`${length} bytes are no whole number of ${size}`, 0);
  return region;
}

function regionOf({ path, byteOrder }: ElfFile, section: ElfSection): Region {
  const name = section.name === "" ? `section ${section.index}` : section.name;
  return new Region(section.bytes, { byteOrder, path: [path, name], start: section.offset });
}

/** The section that `section` says belongs to it. */
function linkedSection(file: ElfFile, section: ElfSection, type: "strtab" | "symtab"): ElfSection {
  const linked = file.sections[section.link];
  // Relocations of files that are run belong to the symbols for running.
  const fits = linked?.type === type || (type === "symtab" && linked?.type === "dynsym");
  if (fits) {
    assert(linked !== undefined, "a section that fits exists");
    return linked;
  }
  throw new MalformedError("ELF", `section ${section.link}, linked to, is no ${type}`, {
    path: [file.path, section.name],
    offset: section.offset,
  });
}
