/**
 * Reading structs of functions: variables whose members point to programs.
 *
 * The name of the variable's type says which struct of the kernel it is. Relocations say which members are programs;
 * all others are values, which are read by name because the kernel's struct may be laid out differently.
 * Source: `init_struct_ops_maps` and `bpf_object__collect_st_ops_relos` in tools/lib/bpf/libbpf.c.
 * @module
 */
import { cString, viewOf } from "../../base/bytes.ts";
import type { Btf } from "../../btf/btf.ts";
import { resolveType } from "../../btf/resolve.ts";
import type { BtfMember, BtfStruct } from "../../btf/type.ts";
import type { ElfSection } from "../../elf/elf.ts";
import { readRelocations } from "../../elf/tables.ts";
import { withoutFlavour } from "../../relocate/named.ts";
import type { ProgramSpec, StructOpsTarget } from "../../spec/program-spec.ts";
import type { StructOpsProgram, StructOpsSpec, StructOpsValue } from "../../spec/struct-ops.ts";
import { complain, placesOfGlobals, type ObjectParts } from "./parts.ts";

/** Structs of functions, by the names of their variables. */
export type ReadStructOps = ReadonlyMap<string, StructOpsSpec>;

/** Programs by name. Those that are in a struct get to know which member they are. */
export type ProgramsByName = Map<string, ProgramSpec>;

/**
 * The structs of functions of an object file; `programs` learn where they belong.
 * @throws {MalformedError} when a member is neither a program of the file nor a value.
 */
export function readStructOps(parts: ObjectParts, programs: ProgramsByName): ReadStructOps {
  const { btf } = parts;
  if (btf === undefined) return new Map();
  const sections = parts.file.sections.filter(({ name }) => structOpsName.test(name));
  // Programs are loaded when any struct that is loaded has them, whatever their own sections say.
  const ordered = sections.toSorted((left, right) => rank(left) - rank(right));
  const found = ordered.flatMap((section) => {
    return new SectionReader({ parts, btf, section, programs }).all();
  });
  return new Map(found);
}

const structOpsName = /^\??\.struct_ops(?:\.link)?$/;

function rank({ name }: ElfSection): number {
  return name.startsWith("?") ? 1 : 0;
}

interface Context {
  readonly parts: ObjectParts;
  readonly btf: Btf;
  readonly section: ElfSection;
  readonly programs: ProgramsByName;
}

/** A struct in its section. */
interface Place {
  readonly name: string;
  readonly start: number;
  /** Name in the kernel. */
  readonly type: string;
}

class SectionReader {
  readonly #context: Context;
  /** Names of functions by the places that point to them. */
  readonly #functions: ReadonlyMap<number, string>;

  constructor(context: Context) {
    this.#context = context;
    const { parts, section } = context;
    const relocations = readRelocations(parts.file, section);
    this.#functions = new Map(
      relocations.map(({ offset, symbol }) => [offset, parts.symbols[symbol]!.name]),
    );
  }

  all(): readonly (readonly [string, StructOpsSpec])[] {
    const { parts, btf, section } = this.#context;
    const places = placesOfGlobals(parts, section);
    return (btf.findByName(section.name, "datasec")?.variables ?? []).map(({ type, offset }) => {
      const variable = btf.typeById(type);
      const start = places.get(variable.name) ?? offset;
      const definition = variable.kind === "var" ? resolveType(btf, variable.type) : variable;
      if (definition.kind !== "struct" || definition.name === "") {
        return this.#fail(variable.name, "this is no struct of the kernel's");
      }
      if (start + definition.size > section.bytes.length) {
        this.#fail(variable.name, "the struct does not lie in its section");
      }
      const place = { name: variable.name, start, type: withoutFlavour(definition.name) };
      return [variable.name, this.#spec(place, definition)];
    });
  }

  #spec(place: Place, { members }: BtfStruct): StructOpsSpec {
    const values: Record<string, StructOpsValue> = {};
    const programs: Record<string, StructOpsProgram> = {};
    for (const member of members) {
      const name = withoutFlavour(member.name);
      const held = this.#functions.get(place.start + member.bitOffset / 8);
      const value = held === undefined ? this.#value(place, member) : undefined;
      if (held !== undefined) programs[name] = this.#program(place, name, held);
      if (value !== undefined) values[name] = value;
    }
    const section = this.#context.section.name;
    const spec = {
      kind: "struct-ops",
      type: place.type,
      name: place.name,
      values,
      programs,
    } as const;
    const registration = section.endsWith(".link") ? "link" : "map_update";
    const optional = section.startsWith("?") ? { autoload: false } : {};
    return Object.freeze({ ...spec, registration, ...optional });
  }

  #program({ name, type }: Place, member: string, held: string): StructOpsProgram {
    const { programs } = this.#context;
    const program = programs.get(held);
    if (program?.type !== "struct_ops") {
      return this.#fail(
        `${name}.${member}`,
        `"${held}" is no program of struct_ops: put it into SEC("struct_ops/${held}")`,
      );
    }
    if (program.target.kind === "struct_ops") return program as StructOpsProgram;
    const target: StructOpsTarget = { kind: "struct_ops", type, member };
    const autoload = !this.#context.section.name.startsWith("?");
    const placed = { ...program, target, autoload };
    programs.set(held, placed);
    return placed;
  }

  /** What a member is set to; `undefined` for zeros. */
  #value({ name, start }: Place, member: BtfMember): StructOpsValue | undefined {
    const { btf, section, parts } = this.#context;
    const type = resolveType(btf, member.type);
    const where = `${name}.${member.name}`;
    if (member.bitfieldSize !== 0) return this.#bits(start, member);
    const size = type.kind === "fwd" || type.kind === "void" ? 0 : btf.size(member.type);
    const from = start + member.bitOffset / 8;
    const held = section.bytes.subarray(from, from + size);
    if (held.every((byte) => byte === 0)) return undefined;
    if (type.kind === "int" || type.kind === "enum" || type.kind === "enum64") {
      const little = parts.file.byteOrder === "little";
      const isSigned = type.kind === "int" ? type.encoding === "signed" : type.signed;
      return (
        integer(held, { little, isSigned }) ?? this.#fail(where, `${size} bytes are no number`)
      );
    }
    const element = type.kind === "array" ? resolveType(btf, type.type) : undefined;
    if (element?.kind === "int" && element.size === 1) return cString(held);
    return this.#fail(
      where,
      `${btf.describe(member.type)} can only be zero here: set numbers, texts and programs`,
    );
  }

  /** Some bits of an integer; they are counted from the other end where the high byte comes first. */
  #bits(start: number, { bitOffset, bitfieldSize, name }: BtfMember): StructOpsValue | undefined {
    const { parts, section } = this.#context;
    const little = parts.file.byteOrder === "little";
    let value = 0n;
    for (let bit = 0; bit < bitfieldSize; bit++) {
      const at = 8 * start + bitOffset + bit;
      const byte = section.bytes[at >> 3] ?? this.#fail(name, "the bits do not lie in the section");
      const isSet = (byte >> (little ? at & 7 : 7 - (at & 7))) & 1;
      const place = little ? bit : bitfieldSize - 1 - bit;
      value |= BigInt(isSet) << BigInt(place);
    }
    return value === 0n ? undefined : value;
  }

  #fail(where: string, message: string): never {
    return complain(this.#context.parts, [this.#context.section.name, where], message);
  }
}

interface IntegerShape {
  readonly little: boolean;
  readonly isSigned: boolean;
}

function integer(held: Uint8Array, { little, isSigned }: IntegerShape): StructOpsValue | undefined {
  const view = viewOf(held);
  if (held.length === 8)
    return isSigned ? view.getBigInt64(0, little) : view.getBigUint64(0, little);
  if (held.length === 4) return isSigned ? view.getInt32(0, little) : view.getUint32(0, little);
  if (held.length === 2) return isSigned ? view.getInt16(0, little) : view.getUint16(0, little);
  if (held.length === 1) return isSigned ? view.getInt8(0) : view.getUint8(0);
  return undefined;
}
