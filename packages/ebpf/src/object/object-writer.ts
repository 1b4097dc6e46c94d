/**
 * An object file while it is put together: its sections, symbols, types and relocations.
 *
 * Everything gets its place and symbol first; what refers to it is filled in at the end. Types go into one BTF, which
 * linkers and loaders look into by the names of symbols.
 * @module
 */
import { machineOrder } from "../isa/slot.ts";
import { zeroTerminated } from "../base/bytes.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import { parseBtf } from "../btf/btf.ts";
import type { TypeSource } from "../btf/type-source.ts";
import { encodeBtfExt, type BtfExt } from "../btf/ext/sections.ts";
import { BtfWriter } from "../btf/write/writer.ts";
import { bpfMachine } from "../elf/elf.ts";
import { writeElf, type NewRelocation, type NewSection } from "../elf/write.ts";
import { relocateProgram } from "../relocate/core.ts";
import { identifier } from "../relocate/identifier.ts";
import type { GlobalSpec, MapSpec, OuterMapSpec } from "../spec/map-spec.ts";
import type { ProgramSpec } from "../spec/program-spec.ts";
import {
  codeBytes,
  codeSections,
  textSection,
  type CodeSection,
  type PlacedProgram,
} from "./code-layout.ts";
import { addExterns } from "./extern-types.ts";
import type { Reference } from "./function-split.ts";
import { addCInt, addMapDefinition, pointerSize, type DefinedMap } from "./map-definition.ts";
import { programRecords } from "./program-records.ts";
import { pointerRelocation, relocationTypes } from "./relocation-types.ts";
import { Symbols } from "./symbols.ts";
import { isUnnamedVariable } from "./read/read-variables.ts";
import { addSettingTypes } from "./setting-types.ts";
import { addTextVariable, addVariableTypes } from "./variable-types.ts";
import { isOfZeros, isReadOnly, type VariableSection } from "./variable-layout.ts";

/** An object file being written: code first, then everything else, then `finish`. */
export class ObjectWriter {
  readonly #kernel: TypeSource | undefined;
  readonly #types: BtfWriter = new BtfWriter({ byteOrder: machineOrder });
  readonly #symbols: Symbols = new Symbols();
  readonly #sections: NewSection[] = [];
  #programs: readonly PlacedProgram[] = [];
  #code: readonly CodeSection[] = [];
  #records: BtfExt = { funcInfo: new Map(), lineInfo: new Map(), coreRelos: new Map() };

  /** With the types of the kernel that the programs were compiled with, where they are known. */
  constructor(kernel: TypeSource | undefined) {
    this.#kernel = kernel;
    addCInt(this.#types);
  }

  /** Sections of code and symbols of functions; bytes and relocations wait until everything else is known. */
  addCode(programs: readonly PlacedProgram[]): void {
    this.#programs = programs;
    // Types that relocations count from come before all others, so that they are the ones found by name.
    this.#records = programRecords(this.#types, programs, this.#kernel);
    this.#code = codeSections(programs);
    for (const { name, functions } of this.#code) {
      const section = this.#addSection({ name, ...codeShape, bytes: new Uint8Array() });
      // What is global is a program to loaders; in .text they look for what programs call.
      const binding = name === textSection ? "local" : "global";
      if (binding === "local") this.#addSectionSymbol(name, section);
      for (const { name: fn, offset, size } of functions) {
        const place = { section, value: offset, size };
        this.#symbols.add("function", fn, { name: fn, binding, type: "function", ...place });
      }
    }
  }

  /** The maps; `held` says which programs are in arrays from the start. */
  addMaps(maps: readonly DefinedMap[], held: ReadonlyMap<string, readonly string[]>): void {
    if (maps.length === 0) return;
    let offset = 0;
    const section = this.#sections.length;
    const pointers: (() => readonly NewRelocation[])[] = [];
    const variables = maps.map((map) => {
      const name = identifier(map.name);
      const { type, size: bare } = addMapDefinition(this.#types, map, { held: held.has(map.name) });
      const programs = held.get(map.name);
      const inside = programs ?? mapsInside(map);
      const start = offset + bare;
      const kind = programs === undefined ? "map" : "function";
      pointers.push(() => this.#pointersTo(kind, inside, start));
      const size = bare + pointerSize * inside.length;
      const variable = { kind: "var", name, type, linkage: "global" } as const;
      const entry = { type: this.#types.add(variable), offset, size };
      this.#addObject("map", map.name, { name, section, value: offset, size });
      offset += size;
      return entry;
    });
    const [name, bytes] = [".maps", new Uint8Array(offset)];
    // Maps may hold others that come behind them.
    const relocations = pointers.flatMap((make) => make());
    this.#addSection({ name, flags: ["write", "alloc"], alignment: 8, bytes, relocations });
    this.#types.add({ kind: "datasec", name, size: offset, variables });
  }

  /** Pointers to what is in a map from the start, from `start` on. */
  #pointersTo(
    kind: "map" | "function",
    inside: readonly (string | undefined)[],
    start: number,
  ): readonly NewRelocation[] {
    // Lists have holes.
    return [...inside.entries()].flatMap(([index, name]) => {
      if (name === undefined) return [];
      const symbol = this.#symbols.get(kind, name, `a map that holds ${kind}s`);
      return [{ offset: start + pointerSize * index, type: pointerRelocation, symbol }];
    });
  }

  /** The variables, which lie in sections already. */
  addVariables(sections: readonly VariableSection[]): void {
    for (const placed of sections) {
      const { name, bytes, alignment } = placed;
      const type = isOfZeros(name) ? "nobits" : "progbits";
      const flags = isReadOnly(name) ? (["alloc"] as const) : (["write", "alloc"] as const);
      const section = this.#addSection({ name, type, flags, alignment, bytes });
      for (const { name: symbol, spec, offset: value } of placed.variables) {
        const place = { section, value, size: spec.layout.size };
        const binding = isUnnamedVariable(spec) ? "local" : "global";
        this.#addObject("variable", spec.name, { name: symbol, ...place }, binding);
      }
      addVariableTypes(this.#types, placed);
    }
  }

  /** Variables that stand for settings of the kernel: whoever loads the file defines them. */
  addSettings(settings: readonly GlobalSpec<unknown>[]): void {
    if (settings.length === 0) return;
    addSettingTypes(this.#types, settings);
    for (const { name, setting } of settings) {
      const binding = setting?.weak === true ? "weak" : "global";
      this.#symbols.add("variable", name, { name, binding, ...elsewhere });
    }
  }

  /**
   * The licence of the programs.
   * @throws {InvalidArgumentError} when they have different ones.
   */
  addLicense(programs: readonly ProgramSpec[]): void {
    const [license, other] = new Set(programs.map((program) => program.license));
    if (license === undefined) return;
    if (other !== undefined) {
      throw new InvalidArgumentError(
        `an object file has one licence, and the programs have "${license}" and "${other}"`,
      );
    }
    const [name, bytes] = ["license", zeroTerminated(license)];
    const section = this.#addSection({ name, flags: ["write", "alloc"], bytes });
    const size = bytes.length;
    const symbol = { name: "_license", binding: "global", type: "object" } as const;
    this.#symbols.add("section", name, { ...symbol, section, value: 0, size });
    addTextVariable(this.#types, name, { name: symbol.name, size });
  }

  /**
   * The file.
   * @throws {InvalidArgumentError} when a program uses what was not added.
   */
  finish(): Uint8Array<ArrayBuffer> {
    this.#addExterns();
    // The records go first: their texts are among those of the types.
    const records = this.#records;
    const ext = encodeBtfExt(records, this.#types.strings, { byteOrder: machineOrder });
    const types = this.#types.encode();
    this.#fillCode(types);
    this.#addSection({ name: ".BTF", alignment: 8, bytes: types });
    // libbpf refuses the section when nothing is in it.
    if (Object.values(records).some(({ size }) => size > 0)) {
      this.#addSection({ name: ".BTF.ext", alignment: 8, bytes: ext });
    }
    return writeElf({
      byteOrder: machineOrder,
      machine: bpfMachine,
      sections: this.#sections,
      symbols: this.#symbols.all,
    });
  }

  /** Loaders want to find in the instructions what the types of the file say, before they relocate. */
  #fillCode(types: Uint8Array): void {
    const target = parseBtf(types, { path: ".BTF" });
    const relocated = new Map(
      this.#programs.map(({ spec }) => {
        return [spec, relocateProgram(withOwnRelocations(spec), { target }).instructions];
      }),
    );
    for (const [index, code] of this.#code.entries()) {
      const relocations = code.references.map((reference) => this.#relocation(code, reference));
      const bytes = codeBytes(code, this.#programs, (program) => relocated.get(program)!);
      this.#sections[index] = { ...this.#sections[index]!, bytes, relocations };
    }
  }

  /** What programs use of the kernel: declared as types, and as symbols that are defined elsewhere. */
  #addExterns(): void {
    const used = this.#code.flatMap(({ references }) => references.map(({ to }) => to));
    const said = new Map(
      this.#programs.flatMap(({ spec }) => (spec.externs ?? []).map((one) => [one.name, one])),
    );
    const kindOf = (name: string): string => said.get(name)?.kind ?? "variable";
    const isWeak = (name: string): boolean => said.get(name)?.weak === true;
    const loaded = namesOf(used, "variable");
    // Of weak functions programs also load the address, to see whether they are there.
    const taken = loaded.filter((name) => kindOf(name) === "function");
    const functions = [...new Set([...namesOf(used, "kfunc"), ...taken])];
    const others = loaded.filter((name) => !functions.includes(name));
    const variables = others.filter((name) => kindOf(name) === "variable");
    const addresses = others.filter((name) => kindOf(name) === "address");
    const typesOf = (name: string): TypeSource | undefined => said.get(name)?.local?.types;
    addExterns(this.#types, { functions, variables, addresses, isWeak, typesOf }, this.#kernel);
    for (const name of [...functions, ...variables, ...addresses]) {
      const binding = isWeak(name) ? "weak" : "global";
      this.#symbols.add("extern", name, { name, binding, ...elsewhere });
    }
  }

  #relocation(code: CodeSection, { offset, to }: Reference): NewRelocation {
    const who = `a program in section ${code.name}`;
    const symbol = ((): number => {
      if (to.kind === "call" || to.kind === "address") {
        return this.#symbols.get("section", textSection, who);
      }
      if (to.kind === "map") return this.#symbols.get("map", to.name, who);
      if (to.kind === "map-value") return this.#symbols.get("variable", to.name, who);
      return this.#symbols.get("extern", to.name, who);
    })();
    return { offset, type: relocationTypes[to.kind], symbol };
  }

  #addSection(section: NewSection): number {
    return this.#sections.push(section) - 1;
  }

  #addSectionSymbol(name: string, section: number): void {
    const place = { section, value: 0, size: 0 };
    this.#symbols.add("section", name, { name: "", binding: "local", type: "section", ...place });
  }

  #addObject(
    of: "map" | "variable",
    found: string,
    symbol: {
      readonly name: string;
      readonly section: number;
      readonly value: number;
      readonly size: number;
    },
    binding: "local" | "global" = "global",
  ): void {
    this.#symbols.add(of, found, { ...symbol, binding, type: "object" });
  }
}

/** Programs of object files hold what the types of those say, which are here as they were. */
function withOwnRelocations(program: ProgramSpec): ProgramSpec {
  const { relocations = [] } = program;
  return { ...program, relocations: relocations.filter(({ local }) => local === undefined) };
}

/** Where a symbol is that something else defines. */
const elsewhere = { type: "none", section: "undefined", value: 0, size: 0 } as const;

/** Names of the maps that a map of maps holds from the start, each at its index. */
function mapsInside(map: DefinedMap): readonly (string | undefined)[] {
  const { entries = [] } = map as Partial<OuterMapSpec<"array_of_maps", unknown, MapSpec>>;
  const inside: (string | undefined)[] = [];
  for (const { index, map: name } of entries) inside[index] = name;
  return inside;
}

const codeShape = { flags: ["alloc", "execute"], alignment: 8 } as const;

function namesOf(used: readonly Reference["to"][], kind: "kfunc" | "variable"): readonly string[] {
  return [...new Set(used.flatMap((to) => (to.kind === kind ? [to.name] : [])))];
}
