/**
 * Reading functions: the instructions of each, with everything they refer to named.
 * @module
 */
import { MalformedError } from "../../base/errors.ts";
import type { Btf } from "../../btf/btf.ts";
import type { CoreRelo, FuncInfo } from "../../btf/ext/records.ts";
import type { BtfTypeId } from "../../btf/type.ts";
import { resolveType } from "../../btf/resolve.ts";
import type { ElfRelocation, ElfSection, ElfSymbol } from "../../elf/elf.ts";
import { readRelocations } from "../../elf/tables.ts";
import { decode } from "../../isa/decode.ts";
import { slotCount, type Instruction } from "../../isa/instruction.ts";
import { slotSize } from "../../isa/slot.ts";
import type { CoreRelocationSite } from "../../spec/core-relocation.ts";
import type { ProgramExtern, ProgramFunction } from "../../spec/program-spec.ts";
import { Labels } from "./labels.ts";
import { LineReader } from "./line-reader.ts";
import { complain, symbolsIn, type ObjectParts } from "./parts.ts";
import { readCore } from "./read-core.ts";
import { readExterns, type ReadExterns } from "./read-externs.ts";
import { isLegacyMaps } from "./read-legacy-maps.ts";
import type { ReadVariables } from "./read-variables.ts";

/** A function of an object file. */
export interface ReadFunction {
  readonly name: string;
  readonly section: ElfSection;
  /** Bytes from the start of the section. */
  readonly offset: number;
  readonly isGlobal: boolean;
  /** What calls of it name: unique in the file. */
  readonly label: string;
  readonly instructions: readonly Instruction[];
  readonly parameters: ProgramFunction["parameters"];
  /** Id of its type, where the file says it. */
  readonly type: BtfTypeId | undefined;
  /** Indexes are those of its own instructions. */
  readonly relocations: readonly CoreRelocationSite[];
  /** What it calls or takes the address of. */
  readonly callees: readonly FunctionPlace[];
  /** What it uses of the kernel by name. */
  readonly externs: readonly ProgramExtern[];
  /** Why it has no instructions, if it has none that can be understood. */
  readonly undecodable: string | undefined;
}

/** Where a function starts. */
export interface FunctionPlace {
  readonly section: ElfSection;
  /** In bytes. */
  readonly offset: number;
}

/** The functions of an object file. */
export interface ReadFunctions {
  readonly all: readonly ReadFunction[];
  /** The function that starts at a place. */
  readonly find: (place: FunctionPlace) => ReadFunction;
}

/**
 * All functions, in the order of sections and places.
 * @throws {MalformedError} when code or its relocations are damaged.
 */
export function readFunctions(parts: ObjectParts, variables: ReadVariables): ReadFunctions {
  const externs = readExterns(parts);
  const symbols = parts.file.sections.filter(isCode).map((section) => {
    const own = symbolsIn(parts, section).filter(({ type }) => type === "function");
    return { section, symbols: own };
  });
  const labels = new Labels(symbols.flatMap((each) => each.symbols));
  const maps = mapNames(parts);
  const all = symbols.flatMap(({ section, symbols: own }) => {
    assertApart(parts, section, own);
    const reader = new SectionReader(parts, { variables, labels, section, externs, maps });
    return own.map((symbol) => reader.function(symbol));
  });
  const byLabel = new Map(all.map((fn) => [fn.label, fn]));
  return {
    all,
    find: ({ section, offset }) => {
      const fn = byLabel.get(labels.at(section, offset));
      return fn ?? complain(parts, [section.name], `no function starts at ${offset}`);
    },
  };
}

/** How many functions may have the same code on average: names for functions that have names already are few. */
const mostShared = 8;

/** Functions have code of their own, but for those of several names. */
function assertApart(
  parts: ObjectParts,
  section: ElfSection,
  functions: readonly ElfSymbol[],
): void {
  const bytes = functions.reduce((sum, { size }) => sum + size, 0);
  if (bytes <= mostShared * section.size) return;
  complain(
    parts,
    [section.name],
    `its functions have ${bytes} bytes, of ${section.size} that there are`,
  );
}

/** Names of maps by their offsets, by the index of their section. */
type MapNames = ReadonlyMap<number, ReadonlyMap<number, string>>;

function mapNames(parts: ObjectParts): MapNames {
  const sections = parts.file.sections.filter(isMapSection);
  return new Map(
    sections.map((section) => {
      // Of several names of one map it is the first one.
      const symbols = symbolsIn(parts, section).toReversed();
      return [section.index, new Map(symbols.map(({ name, value }) => [Number(value), name]))];
    }),
  );
}

/** What a wide load loads. */
type AddressValue = (Instruction & { readonly kind: "wide-load" })["value"];

function isMapSection({ name }: ElfSection): boolean {
  return name === ".maps" || isLegacyMaps(name);
}

function isCode({ type, flags }: ElfSection): boolean {
  return type === "progbits" && flags.includes("execute");
}

/** An instruction of a function, and where it is. */
interface Place {
  readonly instruction: Instruction;
  /** Bytes from the start of the section. */
  readonly at: number;
}

interface Decoded {
  readonly decoded: readonly Instruction[];
  readonly undecodable: string | undefined;
}

interface CodeContext {
  readonly variables: ReadVariables;
  readonly labels: Labels;
  readonly section: ElfSection;
  readonly externs: ReadExterns;
  readonly maps: MapNames;
}

/** What a function refers to, as far as it is read. */
interface References {
  readonly callees: FunctionPlace[];
  readonly externs: Set<ProgramExtern>;
}

/** Reads the functions of one section. */
class SectionReader {
  readonly #parts: ObjectParts;
  readonly #variables: ReadVariables;
  readonly #labels: Labels;
  readonly #section: ElfSection;
  readonly #externs: ReadExterns;
  readonly #maps: MapNames;
  readonly #relocations: ReadonlyMap<number, ElfRelocation>;
  readonly #lines: LineReader;
  /** By offset in the section. */
  readonly #core: ReadonlyMap<number, readonly CoreRelo[]>;
  readonly #infos: ReadonlyMap<number, FuncInfo>;

  constructor(parts: ObjectParts, { variables, labels, section, externs, maps }: CodeContext) {
    this.#externs = externs;
    this.#maps = maps;
    this.#parts = parts;
    this.#variables = variables;
    this.#labels = labels;
    this.#section = section;
    const relocations = readRelocations(parts.file, section);
    this.#relocations = new Map(relocations.map((each) => [each.offset, each]));
    const { lineInfo, coreRelos, funcInfo } = parts.ext;
    this.#lines = new LineReader(lineInfo.get(section.name) ?? []);
    this.#core = Map.groupBy(coreRelos.get(section.name) ?? [], ({ slot }) => slot * slotSize);
    const infos = funcInfo.get(section.name) ?? [];
    this.#infos = new Map(infos.map((info) => [info.slot * slotSize, info]));
  }

  function(symbol: ElfSymbol): ReadFunction {
    const section = this.#section;
    const offset = Number(symbol.value);
    const end = offset + symbol.size;
    if (end > section.bytes.length || offset % slotSize !== 0) {
      this.#fail(symbol.name, "the function does not lie in its section");
    }
    const { decoded, undecodable } = this.#decoded(section.bytes.subarray(offset, end));
    const places = placesIn(decoded, offset);
    const references: References = { callees: [], externs: new Set() };
    const instructions = places.map((place) => {
      const source = this.#lines.at(place.at, offset);
      const named = this.#named(place, references);
      return source === undefined ? named : { ...named, source };
    });
    return {
      name: symbol.name,
      section,
      offset,
      isGlobal: symbol.binding !== "local",
      label: this.#labels.at(section, offset),
      instructions,
      parameters: this.#parametersOf(offset),
      type: this.#infos.get(offset)?.type,
      relocations: this.#coreOf(places),
      callees: references.callees,
      externs: [...references.externs],
      undecodable,
    };
  }

  /** Newer compilers may know more instructions; only programs that have one of them cannot be used. */
  #decoded(bytes: Uint8Array): Decoded {
    const { byteOrder } = this.#parts.file;
    try {
      return { decoded: decode(bytes, { byteOrder }), undecodable: undefined };
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      return { decoded: [], undecodable: error.message };
    }
  }

  /** The instruction with what it refers to named; functions and what is the kernel's also go to `references`. */
  #named({ instruction, at }: Place, references: References): Instruction {
    const relocation = this.#relocations.get(at);
    if (relocation === undefined) {
      if (instruction.kind !== "call-local") return instruction;
      const offset = at + slotSize + Number(instruction.target) * slotSize;
      references.callees.push({ section: this.#section, offset });
      return { ...instruction, target: this.#labels.at(this.#section, offset) };
    }
    const symbol = this.#parts.symbols[relocation.symbol]!;
    if (instruction.kind === "call-local") return this.#call(instruction, symbol, references);
    if (instruction.kind === "wide-load" && typeof instruction.value === "bigint") {
      const addend = Number(BigInt.asIntN(32, instruction.value));
      return { ...instruction, value: this.#address(symbol, addend, references) };
    }
    return this.#fail(`offset ${at}`, `a relocation by "${symbol.name}" is of no such instruction`);
  }

  #call(
    instruction: Instruction & { readonly kind: "call-local" },
    symbol: ElfSymbol,
    { callees, externs }: References,
  ): Instruction {
    if (symbol.section === "undefined") {
      externs.add(this.#externs.function(symbol));
      return { kind: "call-kfunc", function: symbol.name };
    }
    const section = this.#sectionOf(symbol);
    const offset = Number(symbol.value) + (Number(instruction.target) + 1) * slotSize;
    callees.push({ section, offset });
    return { ...instruction, target: this.#labels.at(section, offset) };
  }

  /** What is `addend` bytes behind the symbol. */
  #address(symbol: ElfSymbol, addend: number, { callees, externs }: References): AddressValue {
    if (symbol.section === "undefined") {
      const setting = this.#externs.setting(symbol.name);
      if (setting) return { kind: "map-value", name: symbol.name, offset: addend };
      externs.add(this.#externs.address(symbol));
      return { kind: "variable", name: symbol.name };
    }
    const section = this.#sectionOf(symbol);
    const offset = Number(symbol.value) + addend;
    if (isMapSection(section)) return this.#map(symbol, section, offset);
    if (section.flags.includes("execute")) {
      callees.push({ section, offset });
      return { kind: "function", target: this.#labels.at(section, offset) };
    }
    // Pointers in front of an array are still of the array.
    const anchor = symbol.type === "section" ? offset : Number(symbol.value);
    const place = this.#variables.at(section.index, anchor);
    if (place === undefined) return this.#fail(section.name, `nothing is known at ${offset}`);
    return { kind: "map-value", name: place.name, offset: place.offset + offset - anchor };
  }

  #map(symbol: ElfSymbol, section: ElfSection, offset: number): AddressValue {
    const name = this.#maps.get(section.index)?.get(offset);
    if (name !== undefined) return { kind: "map", name };
    return this.#fail(`symbol ${symbol.name}`, `no map of ${section.name} starts at ${offset}`);
  }

  #sectionOf({ section, name }: ElfSymbol): ElfSection {
    const found = typeof section === "number" ? this.#parts.file.sections[section] : undefined;
    return found ?? this.#fail(`symbol ${name}`, "it is in no section");
  }

  #parametersOf(offset: number): ProgramFunction["parameters"] {
    const { btf } = this.#parts;
    const record = this.#infos.get(offset);
    const type = record && btf?.typeById(record.type);
    if (btf === undefined || type?.kind !== "func") return [];
    const proto = resolveType(btf, type.type);
    const parameters = proto.kind === "func_proto" ? proto.parameters : [];
    return parameters.map((parameter) => ({
      name: parameter.name,
      type: isPointer(btf, parameter.type) ? "pointer" : "u64",
    }));
  }

  #coreOf(places: readonly Place[]): readonly CoreRelocationSite[] {
    const { btf } = this.#parts;
    if (btf === undefined || this.#core.size === 0) return [];
    return places.flatMap(({ at }, index) => {
      const records = this.#core.get(at) ?? [];
      return records.map((record) => ({ index, ...readCore(btf, record) }));
    });
  }

  #fail(where: string, message: string): never {
    return complain(this.#parts, [this.#section.name, where], message);
  }
}

function isPointer(btf: Btf, type: number): boolean {
  return resolveType(btf, type).kind === "ptr";
}

function placesIn(instructions: readonly Instruction[], start: number): readonly Place[] {
  let at = start;
  return instructions.map((instruction) => {
    const place = { instruction, at };
    at += slotCount(instruction) * slotSize;
    return place;
  });
}
