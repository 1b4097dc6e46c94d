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
  const entries = entriesOf(file, section, entrySizes.symbol);
  const names = regionOf(file, linkedSection(file, section, "strtab"));
  return entries.map((entry) => readSymbol(file, entry, names));
}

/**
 * The places in `section` that depend on symbols, from its sections of type `rel` and `rela`, in their order.
 * @throws {MalformedError} when a table is damaged, or names a place or symbol that does not exist.
 */
export function readRelocations(file: ElfFile, section: ElfSection): readonly ElfRelocation[] {
  return file.sections.flatMap((table) => {
    if (table.info !== section.index || section.index === 0) return [];
    if (table.type !== "rel" && table.type !== "rela") return [];
    const symbols = linkedSection(file, table, "symtab");
    const within = {
      // In files that are run, places are addresses.
      size: file.type === "relocatable" ? section.size : Infinity,
      symbolCount: Math.floor(symbols.bytes.length / entrySizes.symbol),
    };
    const entries = entriesOf(file, table, entrySizes[table.type]);
    return entries.map((entry) => readRelocation(entry, within));
  });
}

/**
 * ```
 *   0      4      5       6         8       16     24
 *   +------+------+-------+---------+-------+------+
 *   | name | info | other | section | value | size |   info: binding in the high half, type in the low
 *   +------+------+-------+---------+-------+------+
 * ```
 */
function readSymbol(file: ElfFile, entry: Region, names: Region): ElfSymbol {
  const info = entry.u8(4);
  return Object.freeze({
    name: textAt(names, entry.u32(0)),
    binding: wordOf(symbolBindings, info >> 4),
    type: wordOf(symbolTypes, info & 0xf),
    visibility: symbolVisibilities[entry.u8(5) & 3]!,
    section: sectionOf(file, entry),
    value: entry.u64(8),
    size: entry.length(16),
  });
}

function sectionOf(file: ElfFile, entry: Region): number | SpecialSection {
  const index = entry.u16(6);
  const word = wordOf(specialSections, index);
  if (typeof word === "string") return word;
  if (index === sectionElsewhere) entry.fail("more sections than 65279 are not supported", 6);
  // What processors and systems keep for themselves is as good as a number.
  if (index >= firstReservedSection) return "absolute";
  if (index >= file.sections.length) entry.fail(`the symbol's section ${index} does not exist`, 6);
  return index;
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
  const region = regionOf(file, section);
  const { length } = region.bytes;
  if (length % size !== 0) region.fail(`${length} bytes are no whole number of ${size}`, 0);
  return Array.from({ length: length / size }, (_, index) =>
    region.part(`entry ${index}`, index * size, size),
  );
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
