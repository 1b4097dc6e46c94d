/**
 * Reading functions: the instructions of each, with everything they refer to named.
 * @module
 */
import { InvalidArgumentError } from "../../base/errors.ts";
import type { Btf } from "../../btf/btf.ts";
import { resolveType } from "../../btf/resolve.ts";
import type { ElfRelocation, ElfSection, ElfSymbol } from "../../elf/elf.ts";
import { readRelocations } from "../../elf/tables.ts";
import { decode } from "../../isa/decode.ts";
import { slotCount, type Instruction } from "../../isa/instruction.ts";
import { slotSize } from "../../isa/slot.ts";
import type { CoreRelocationSite } from "../../spec/core-relocation.ts";
import type { ProgramFunction } from "../../spec/program-spec.ts";
import { Labels } from "./labels.ts";
import { LineReader } from "./line-reader.ts";
import { complain, symbolsIn, type ObjectParts } from "./parts.ts";
import { readCore } from "./read-core.ts";
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
  /** Indexes are those of its own instructions. */
  readonly relocations: readonly CoreRelocationSite[];
  /** What it calls or takes the address of. */
  readonly callees: readonly FunctionPlace[];
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
  const symbols = parts.file.sections.filter(isCode).map((section) => {
    const own = symbolsIn(parts, section).filter(({ type }) => type === "function");
    return { section, symbols: own };
  });
  const labels = new Labels(symbols.flatMap((each) => each.symbols));
  const all = symbols.flatMap(({ section, symbols: own }) => {
    const reader = new SectionReader(parts, { variables, labels, section });
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

function isCode({ type, flags }: ElfSection): boolean {
  return type === "progbits" && flags.includes("execute");
}

/** An instruction of a function, and where it is. */
interface Place {
  readonly instruction: Instruction;
  /** Bytes from the start of the section. */
  readonly at: number;
}

interface CodeContext {
  readonly variables: ReadVariables;
  readonly labels: Labels;
  readonly section: ElfSection;
}

/** Reads the functions of one section. */
class SectionReader {
  readonly #parts: ObjectParts;
  readonly #variables: ReadVariables;
  readonly #labels: Labels;
  readonly #section: ElfSection;
  readonly #relocations: ReadonlyMap<number, ElfRelocation>;

  constructor(parts: ObjectParts, { variables, labels, section }: CodeContext) {
    this.#parts = parts;
    this.#variables = variables;
    this.#labels = labels;
    this.#section = section;
    const relocations = readRelocations(parts.file, section);
    this.#relocations = new Map(relocations.map((each) => [each.offset, each]));
  }

  function(symbol: ElfSymbol): ReadFunction {
    const section = this.#section;
    const offset = Number(symbol.value);
    const end = offset + symbol.size;
    if (end > section.bytes.length || offset % slotSize !== 0) {
      this.#fail(symbol.name, "the function does not lie in its section");
    }
    const places = placesIn(decode(section.bytes.subarray(offset, end)), offset);
    const callees: FunctionPlace[] = [];
    const lines = new LineReader(this.#parts.ext.lineInfo.get(section.name) ?? [], offset);
    const instructions = places.map((place) => {
      const source = lines.at(place.at);
      const named = this.#named(place, callees);
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
      relocations: this.#coreOf(places),
      callees,
    };
  }

  /** The instruction with what it refers to named; functions also go to `callees`. */
  #named({ instruction, at }: Place, callees: FunctionPlace[]): Instruction {
    const relocation = this.#relocations.get(at);
    if (relocation === undefined) {
      if (instruction.kind !== "call-local") return instruction;
      const offset = at + slotSize + Number(instruction.target) * slotSize;
      callees.push({ section: this.#section, offset });
      return { ...instruction, target: this.#labels.at(this.#section, offset) };
    }
    const symbol = this.#parts.symbols[relocation.symbol]!;
    if (instruction.kind === "call-local") return this.#call(instruction, symbol, callees);
    if (instruction.kind === "wide-load" && typeof instruction.value === "bigint") {
      const offset = Number(symbol.value) + Number(BigInt.asIntN(32, instruction.value));
      return { ...instruction, value: this.#address(symbol, offset, callees) };
    }
    return this.#fail(`offset ${at}`, `a relocation by "${symbol.name}" is of no such instruction`);
  }

  #call(
    instruction: Instruction & { readonly kind: "call-local" },
    symbol: ElfSymbol,
    callees: FunctionPlace[],
  ): Instruction {
    if (symbol.section === "undefined") return { kind: "call-kfunc", function: symbol.name };
    const section = this.#sectionOf(symbol);
    const offset = Number(symbol.value) + (Number(instruction.target) + 1) * slotSize;
    callees.push({ section, offset });
    return { ...instruction, target: this.#labels.at(section, offset) };
  }

  /** What is at `offset` of the section that `symbol` is in. */
  #address(
    symbol: ElfSymbol,
    offset: number,
    callees: FunctionPlace[],
  ): (Instruction & { readonly kind: "wide-load" })["value"] {
    if (symbol.section === "undefined") return this.#extern(symbol.name);
    const section = this.#sectionOf(symbol);
    if (section.name === ".maps") {
      const map = symbolsIn(this.#parts, section).find(({ value }) => Number(value) === offset);
      return { kind: "map", name: (map ?? symbol).name };
    }
    if (section.flags.includes("execute")) {
      callees.push({ section, offset });
      return { kind: "function", target: this.#labels.at(section, offset) };
    }
    const place = this.#variables.at(section.index, offset);
    if (place !== undefined) return { kind: "map-value", ...place };
    return this.#fail(section.name, `nothing is known at ${offset}`);
  }

  /** A variable of the kernel. Settings of its build are declared in a section of their own. */
  #extern(name: string): (Instruction & { readonly kind: "wide-load" })["value"] {
    const { btf } = this.#parts;
    const settings = btf?.findByName(".kconfig", "datasec")?.variables ?? [];
    if (!settings.some(({ type }) => btf?.typeById(type).name === name)) {
      return { kind: "variable", name };
    }
    throw new InvalidArgumentError(
      `settings of the kernel's build, such as ${name}, are not supported`,
      {
        hint: "make it a variable that is set before loading",
      },
    );
  }

  #sectionOf({ section, name }: ElfSymbol): ElfSection {
    const found = typeof section === "number" ? this.#parts.file.sections[section] : undefined;
    return found ?? this.#fail(`symbol ${name}`, "it is in no section");
  }

  #parametersOf(offset: number): ProgramFunction["parameters"] {
    const { btf, ext } = this.#parts;
    const records = ext.funcInfo.get(this.#section.name) ?? [];
    const record = records.find(({ slot }) => slot * slotSize === offset);
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
    const { btf, ext } = this.#parts;
    const records = ext.coreRelos.get(this.#section.name) ?? [];
    if (btf === undefined || records.length === 0) return [];
    const indexes = new Map(places.map(({ at }, index) => [at, index]));
    return records.flatMap((record) => {
      const index = indexes.get(record.slot * slotSize);
      return index === undefined ? [] : [{ index, core: readCore(btf, record) }];
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
