/**
 * Writing ELF: an object file of 64 bits from sections, symbols and relocations.
 *
 * The caller numbers sections and symbols as it likes; local symbols must come first in a file, so symbols are sorted
 * and the relocations renumbered. Tables of symbols, names and relocations are made here. Programs that are run are
 * not written: there are no segments.
 * @module
 */
import { alignUp, viewOf } from "../base/bytes.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import {
  elfTypes,
  entrySizes,
  firstReservedSection,
  numberOf,
  sectionFlags,
  sectionTypes,
  specialSections,
  symbolBindings,
  symbolTypes,
  symbolVisibilities,
  type ElfByteOrder,
  type SectionFlag,
  type SectionType,
  type SpecialSection,
  type SymbolBinding,
  type SymbolType,
  type SymbolVisibility,
} from "./elf.ts";
import { StringTableWriter } from "./string-table.ts";

/** An object file to be written. */
export interface ElfObject {
  readonly byteOrder: ElfByteOrder;
  /** Processor: `EM_…`. */
  readonly machine: number;
  /** Those that hold something. They get the numbers from 1 up in this order, tables come behind them. */
  readonly sections: readonly NewSection[];
  readonly symbols: readonly NewSymbol[];
}

/** A section to be written. */
export interface NewSection {
  readonly name: string;
  /** `progbits` when left out. */
  readonly type?: SectionType | number;
  readonly flags?: readonly SectionFlag[];
  /** A power of two; 1 when left out. */
  readonly alignment?: number;
  readonly entrySize?: number;
  /** What it holds; for `nobits` only the length counts. */
  readonly bytes: Uint8Array;
  readonly relocations?: readonly NewRelocation[];
}

/** A symbol to be written. */
export interface NewSymbol {
  readonly name: string;
  readonly binding: SymbolBinding;
  readonly type: SymbolType;
  /** `default` when left out. */
  readonly visibility?: SymbolVisibility;
  /** Index in {@link ElfObject.sections}, from 0 up, or where else it is. */
  readonly section: number | SpecialSection;
  readonly value: number;
  readonly size: number;
}

/** A relocation to be written. */
export interface NewRelocation {
  readonly offset: number;
  /** `R_…` of the processor. */
  readonly type: number;
  /** Index in {@link ElfObject.symbols}. */
  readonly symbol: number;
}

/**
 * The bytes of `object`, with sections in the order given, then their relocations, symbols and names.
 * @throws {InvalidArgumentError} when a symbol or relocation refers to what is not there, or there are too many
 * sections.
 */
export function writeElf(object: ElfObject): Uint8Array<ArrayBuffer> {
  const sections = withTables(object);
  if (sections.length + 1 >= firstReservedSection) {
    throw new InvalidArgumentError(`${sections.length} sections are too many for an object file`);
  }
  const places = placeSections(sections);
  const bytes = new Uint8Array(places.headersAt + (sections.length + 1) * entrySizes.section);
  const view = viewOf(bytes);
  const little = object.byteOrder === "little";
  writeHeader(bytes, { object, headersAt: places.headersAt, sectionCount: sections.length + 1 });
  for (const [index, section] of sections.entries()) {
    const offset = places.offsets[index]!;
    if (section.type !== "nobits") bytes.set(section.bytes, offset);
    const at = places.headersAt + (index + 1) * entrySizes.section;
    writeSectionHeader(view, at, { section, offset, little });
  }
  return bytes;
}

/** A section with all fields of its header but the offset. */
interface PlacedSection extends Required<Omit<NewSection, "relocations">> {
  readonly nameOffset: number;
  readonly link: number;
  readonly info: number;
}

/** The sections of the object and behind them those with its tables. */
function withTables(object: ElfObject): readonly PlacedSection[] {
  const little = object.byteOrder === "little";
  const names = new StringTableWriter();
  const order = symbolOrder(object);
  const held = object.sections.filter(({ relocations = [] }) => relocations.length > 0);
  const symbolsAt = object.sections.length + held.length + 1;
  const place = (section: NewSection, link = 0, info = 0): PlacedSection => ({
    ...sectionDefaults,
    ...section,
    nameOffset: names.add(section.name),
    link,
    info,
  });
  const sections = object.sections.map((section) => place(section));
  const tables = held.map((section) =>
    place(relocationTable(object, section, order), symbolsAt, object.sections.indexOf(section) + 1),
  );
  const symbols = symbolTable(object, { order, names, little });
  const locals = 1 + object.symbols.filter(({ binding }) => binding === "local").length;
  const table = place({ name: ".symtab", ...symbolShape, bytes: symbols }, symbolsAt + 1, locals);
  names.add(".strtab");
  const strings = place({ name: ".strtab", type: "strtab", bytes: names.bytes() });
  return [...sections, ...tables, table, strings];
}

const sectionDefaults = { type: "progbits", flags: [], alignment: 1, entrySize: 0 } as const;
const symbolShape = { type: "symtab", alignment: 8, entrySize: entrySizes.symbol } as const;

/** The number each symbol of the object gets in the file: locals first, else in their order. 0 is the empty one. */
function symbolOrder({ symbols }: ElfObject): readonly number[] {
  const indices = [...symbols.keys()];
  const sorted = indices.toSorted((left, right) => rank(symbols[left]!) - rank(symbols[right]!));
  const order: number[] = [];
  for (const [place, index] of sorted.entries()) order[index] = place + 1;
  return order;
}

function rank({ binding }: NewSymbol): number {
  return binding === "local" ? 0 : 1;
}

function relocationTable(
  { byteOrder, symbols }: ElfObject,
  section: NewSection,
  order: readonly number[],
): NewSection {
  const { relocations = [] } = section;
  const little = byteOrder === "little";
  const bytes = new Uint8Array(relocations.length * entrySizes.rel);
  const view = viewOf(bytes);
  for (const [index, { offset, type, symbol }] of relocations.entries()) {
    if (symbols[symbol] === undefined) throw missing(`relocation of ${section.name}`, symbol);
    if (offset >= section.bytes.length) throw missing(`relocation of ${section.name}`, offset);
    const at = index * entrySizes.rel;
    view.setBigUint64(at, BigInt(offset), little);
    view.setBigUint64(at + 8, (BigInt(order[symbol]!) << 32n) | BigInt(type), little);
  }
  const { rel } = entrySizes;
  return { name: `.rel${section.name}`, type: "rel", alignment: 8, entrySize: rel, bytes };
}

function symbolTable(
  { symbols, sections }: ElfObject,
  made: {
    readonly order: readonly number[];
    readonly names: StringTableWriter;
    readonly little: boolean;
  },
): Uint8Array {
  const bytes = new Uint8Array((symbols.length + 1) * entrySizes.symbol);
  const view = viewOf(bytes);
  for (const [index, symbol] of symbols.entries()) {
    const { section } = symbol;
    if (typeof section === "number" && sections[section] === undefined) {
      throw missing(`symbol ${symbol.name}`, section);
    }
    writeSymbol(view, made.order[index]! * entrySizes.symbol, { ...made, symbol });
  }
  return bytes;
}

function writeSymbol(
  view: DataView,
  at: number,
  made: {
    readonly symbol: NewSymbol;
    readonly names: StringTableWriter;
    readonly little: boolean;
  },
): void {
  const { symbol, names, little } = made;
  const { section, visibility = "default" } = symbol;
  const index = typeof section === "number" ? section + 1 : specialSections[section];
  view.setUint32(at, names.add(symbol.name), little);
  view.setUint8(at + 4, (symbolBindings[symbol.binding] << 4) | symbolTypes[symbol.type]);
  view.setUint8(at + 5, symbolVisibilities.indexOf(visibility));
  view.setUint16(at + 6, index, little);
  view.setBigUint64(at + 8, BigInt(symbol.value), little);
  view.setBigUint64(at + 16, BigInt(symbol.size), little);
}

/** Where each section starts, and behind them the table of their headers. */
function placeSections(sections: readonly PlacedSection[]): {
  readonly offsets: readonly number[];
  readonly headersAt: number;
} {
  let end: number = entrySizes.header;
  const offsets = sections.map(({ type, alignment, bytes }) => {
    const offset = alignUp(end, alignment);
    end = type === "nobits" ? offset : offset + bytes.length;
    return offset;
  });
  return { offsets, headersAt: alignUp(end, 8) };
}

function writeHeader(
  bytes: Uint8Array,
  made: {
    readonly object: ElfObject;
    readonly headersAt: number;
    readonly sectionCount: number;
  },
): void {
  const view = viewOf(bytes);
  const little = made.object.byteOrder === "little";
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, little ? 1 : 2, 1]);
  view.setUint16(16, elfTypes.relocatable, little);
  view.setUint16(18, made.object.machine, little);
  view.setUint32(20, 1, little);
  view.setBigUint64(40, BigInt(made.headersAt), little);
  view.setUint16(52, entrySizes.header, little);
  view.setUint16(58, entrySizes.section, little);
  view.setUint16(60, made.sectionCount, little);
  view.setUint16(62, made.sectionCount - 1, little);
}

function writeSectionHeader(
  view: DataView,
  at: number,
  made: { readonly section: PlacedSection; readonly offset: number; readonly little: boolean },
): void {
  const { section, offset, little } = made;
  view.setUint32(at, section.nameOffset, little);
  view.setUint32(at + 4, numberOf(sectionTypes, section.type), little);
  const flags = section.flags.reduce((bits, flag) => bits | sectionFlags[flag], 0);
  view.setBigUint64(at + 8, BigInt(flags), little);
  view.setBigUint64(at + 24, BigInt(offset), little);
  view.setBigUint64(at + 32, BigInt(section.bytes.length), little);
  view.setUint32(at + 40, section.link, little);
  view.setUint32(at + 44, section.info, little);
  view.setBigUint64(at + 48, BigInt(section.alignment), little);
  view.setBigUint64(at + 56, BigInt(section.entrySize), little);
}

function missing(what: string, index: number): InvalidArgumentError {
  return new InvalidArgumentError(`${what} refers to ${index}, which is not there`);
}
