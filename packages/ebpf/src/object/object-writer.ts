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
import { withoutOrigins } from "../relocate/program-btf.ts";
import { identifier } from "../relocate/identifier.ts";
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
import { addTextVariable, addVariableTypes } from "./variable-types.ts";
import type { VariableSection } from "./variable-layout.ts";

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
    const relocations: NewRelocation[] = [];
    const variables = maps.map((map) => {
      const name = identifier(map.name);
      const { type, size: bare } = addMapDefinition(this.#types, map, { held: held.has(map.name) });
      const programs = held.get(map.name) ?? [];
      relocations.push(...this.#placesOf(programs, offset + bare));
      const size = bare + pointerSize * programs.length;
      const variable = { kind: "var", name, type, linkage: "global" } as const;
      const entry = { type: this.#types.add(variable), offset, size };
      this.#addObject("map", map.name, { name, section, value: offset, size });
      offset += size;
      return entry;
    });
    const [name, bytes] = [".maps", new Uint8Array(offset)];
    this.#addSection({ name, flags: ["write", "alloc"], alignment: 8, bytes, relocations });
    this.#types.add({ kind: "datasec", name, size: offset, variables });
  }

  /** Pointers to programs, from `start` on. */
  #placesOf(programs: readonly string[], start: number): readonly NewRelocation[] {
    return [...programs.entries()].flatMap(([index, program]) => {
      if (program === undefined) return [];
      const symbol = this.#symbols.get("function", program, "an array of programs");
      return [{ offset: start + pointerSize * index, type: pointerRelocation, symbol }];
    });
  }

  /** The variables, which lie in sections already. */
  addVariables(sections: readonly VariableSection[]): void {
    for (const placed of sections) {
      const { name, bytes, alignment } = placed;
      const type = name === ".bss" ? "nobits" : "progbits";
      const flags = name === ".rodata" ? (["alloc"] as const) : (["write", "alloc"] as const);
      const section = this.#addSection({ name, type, flags, alignment, bytes });
      for (const { name: symbol, spec, offset: value } of placed.variables) {
        const place = { section, value, size: spec.layout.size };
        this.#addObject("variable", spec.name, { name: symbol, ...place });
      }
      addVariableTypes(this.#types, placed);
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
    for (const [index, code] of this.#code.entries()) {
      const relocations = code.references.map((reference) => this.#relocation(code, reference));
      const bytes = codeBytes(
        code,
        this.#programs,
        (program) => relocateProgram(withoutOrigins(program), { target }).instructions,
      );
      this.#sections[index] = { ...this.#sections[index]!, bytes, relocations };
    }
  }

  /** What programs use of the kernel: declared as types, and as symbols that are defined elsewhere. */
  #addExterns(): void {
    const used = this.#code.flatMap(({ references }) => references.map(({ to }) => to));
    const functions = namesOf(used, "kfunc");
    const variables = namesOf(used, "variable");
    addExterns(this.#types, { functions, variables }, this.#kernel);
    for (const name of [...functions, ...variables]) {
      const place = { section: "undefined", value: 0, size: 0 } as const;
      this.#symbols.add("extern", name, { name, binding: "global", type: "none", ...place });
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
  ): void {
    this.#symbols.add(of, found, { ...symbol, binding: "global", type: "object" });
  }
}

const codeShape = { flags: ["alloc", "execute"], alignment: 8 } as const;

function namesOf(used: readonly Reference["to"][], kind: "kfunc" | "variable"): readonly string[] {
  return [...new Set(used.flatMap((to) => (to.kind === kind ? [to.name] : [])))];
}
