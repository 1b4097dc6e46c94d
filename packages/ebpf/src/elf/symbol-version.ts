/**
 * Versions of symbols: libraries keep old versions of a function for programs that were linked against them.
 *
 * A table beside the symbols for running has the number of each one's version; another table has the names
 * (Linux Standard Base, chapter "Symbol Versioning").
 * @module
 */
import type { ElfFile, ElfSection } from "./elf.ts";
import { Region } from "./region.ts";
import { textAt } from "./string-table.ts";

/** The version of a symbol. */
export interface SymbolVersion {
  readonly name: string;
  /** Whether it is the one that is linked against today; libraries have others for old programs. */
  readonly isDefault: boolean;
}

// SHT_GNU_verdef and SHT_GNU_versym
const definitionsType = 0x6fff_fffd;
const numbersType = 0x6fff_ffff;
/** Set in the number of versions that are not linked against any more. */
const hiddenBit = 0x8000;

/**
 * Versions of the symbols for running that the file defines, by the index of the symbol. Symbols without a version of
 * their own have none.
 * @throws {MalformedError} when a table is damaged.
 */
export function readSymbolVersions(file: ElfFile): ReadonlyMap<number, SymbolVersion> {
  const versions = new Map<number, SymbolVersion>();
  const numbers = file.sections.find(({ type }) => type === numbersType);
  const definitions = file.sections.find(({ type }) => type === definitionsType);
  if (numbers === undefined || definitions === undefined) return versions;
  const names = versionNames(file, definitions);
  const region = regionOf(file, numbers);
  for (let index = 0; 2 * index + 1 < region.bytes.length; index++) {
    const number = region.u16(2 * index);
    const name = names.get(number & ~hiddenBit);
    if (name !== undefined) {
      versions.set(index, { name, isDefault: (number & hiddenBit) === 0 });
    }
  }
  return versions;
}

/**
 * Names of versions by their numbers, from a list whose entries say how far it is to the next one. The first name of an
 * entry is its own.
 *
 * ```
 *   0         2       4        6       8      12        16     20
 *   +---------+-------+--------+-------+------+---------+------+
 *   | version | flags | number | names | hash | to name | next |   base version: flag 1, number 1, name of the file
 *   +---------+-------+--------+-------+------+---------+------+
 * ```
 */
function versionNames(file: ElfFile, section: ElfSection): ReadonlyMap<number, string> {
  const region = regionOf(file, section);
  const strings = file.sections[section.link];
  if (strings === undefined || strings.type !== "strtab") {
    return region.fail(`section ${section.link} has no names`, 0);
  }
  const texts = regionOf(file, strings);
  const names = new Map<number, string>();
  // No list is longer than its section, whatever its entries say.
  for (let at = 0, left = section.size / 20; left > 0; left--) {
    const isBase = (region.u16(at + 2) & 1) !== 0;
    if (!isBase) names.set(region.u16(at + 4), textAt(texts, region.u32(at + region.u32(at + 12))));
    const next = region.u32(at + 16);
    if (next === 0) break;
    at += next;
  }
  return names;
}

function regionOf({ path, byteOrder }: ElfFile, section: ElfSection): Region {
  return new Region(section.bytes, {
    byteOrder,
    path: [path, section.name],
    start: section.offset,
  });
}
