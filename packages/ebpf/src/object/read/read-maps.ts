/**
 * Reading maps: from the types that define them to specs.
 *
 * Definitions in the way of before BTF, in a section `maps`, are not read.
 * @module
 */
import { resolveType } from "../../btf/resolve.ts";
import type { Btf } from "../../btf/btf.ts";
import type { BtfMember, BtfStruct } from "../../btf/type.ts";
import { findSection, readRelocations } from "../../elf/tables.ts";
import { bytes } from "../../layout/bytes.ts";
import { u32, u64 } from "../../layout/integer.ts";
import type { Layout } from "../../layout/layout.ts";
import { mapTypes } from "../../spec/generated/words.ts";
import { withKernelMethods } from "../../spec/kernel-methods.ts";
import { noKey, type MapSpec } from "../../spec/map-spec.ts";
import type { ProgArraySpec } from "../../spec/prog-array.ts";
import type { ProgramSpec } from "../../spec/program-spec.ts";
import type { MapType } from "../../spec/words.ts";
import { mapFlagsOf, pointerSize } from "../map-definition.ts";
import { complain, type ObjectParts } from "./parts.ts";
import { layoutOfType } from "./type-layout.ts";

const section = ".maps";

/** Finds the program of a name, once all are read. */
export type FindProgram = (name: string) => ProgramSpec | undefined;

/**
 * The maps of an object file by the names of their symbols, in the order of their places.
 * @throws {MalformedError} when a definition cannot be understood.
 */
export function readMaps(
  parts: ObjectParts,
  findProgram: FindProgram,
): ReadonlyMap<string, MapSpec> {
  const { btf } = parts;
  if (findSection(parts.file, "maps") !== undefined) {
    complain(parts, ["maps"], "definitions of maps from before BTF are not supported");
  }
  const list = btf?.findByName(section, "datasec");
  if (btf === undefined || list === undefined) return new Map();
  return new Map(
    list.variables.map(({ type, size }) => {
      const { name, type: definition } = variableOf(btf, type);
      const held = { names: programsIn(parts, name, size), find: findProgram };
      const read = new DefinitionReader({ parts, btf, where: [section, name], held });
      return [name, read.map(name, definition)];
    }),
  );
}

function variableOf(btf: Btf, id: number): { readonly name: string; readonly type: number } {
  const variable = btf.typeById(id);
  return { name: variable.name, type: variable.kind === "var" ? variable.type : 0 };
}

/** Names of the programs that the map called `name` points to, by the offset of the pointer in its variable. */
function programsIn(
  { file, symbols }: ObjectParts,
  name: string,
  size: number,
): ReadonlyMap<number, string> {
  const maps = findSection(file, section);
  const map = symbols.find((symbol) => symbol.name === name && symbol.section === maps?.index);
  if (maps === undefined || map === undefined) return new Map();
  const start = Number(map.value);
  return new Map(
    readRelocations(file, maps)
      .filter(({ offset }) => offset >= start && offset < start + Math.max(size, map.size))
      .map(({ offset, symbol }) => [offset - start, symbols[symbol]!.name]),
  );
}

/** Programs that a map points to. */
interface HeldPrograms {
  readonly names: ReadonlyMap<number, string>;
  readonly find: FindProgram;
}

interface Definition {
  readonly parts: ObjectParts;
  readonly btf: Btf;
  /** For errors. */
  readonly where: readonly string[];
  readonly held: HeldPrograms;
}

/** Names in the path of a map's definition: the kernel has maps of maps, and no further. */
const deepest = 2;

/** What an object file does not say of maps of events, since it does not know the events. */
const eventDefaults = {
  ringbuf: { lossCounter: undefined, minEventBytes: 0 },
  perf_event_array: {
    minEventBytes: 0,
    pagesPerCpu: 64,
    wakeup: { events: 1 },
    mode: "keep",
  },
  user_ringbuf: {},
} as const;

function isKindOfEvents(type: MapType): type is keyof typeof eventDefaults {
  return Object.hasOwn(eventDefaults, type);
}

/** Reads one definition. */
class DefinitionReader {
  readonly #parts: ObjectParts;
  readonly #btf: Btf;
  readonly #where: readonly string[];
  readonly #held: HeldPrograms;

  constructor({ parts, btf, where, held }: Definition) {
    this.#parts = parts;
    this.#btf = btf;
    this.#where = where;
    this.#held = held;
  }

  map(name: string, id: number): MapSpec {
    const definition = resolveType(this.#btf, id);
    if (definition.kind !== "struct") {
      return complain(
        this.#parts,
        this.#where,
        `a map is defined by a struct, not ${definition.kind}`,
      );
    }
    const type = this.#typeOf(definition);
    const maxEntries = this.#number(definition, "max_entries") ?? 0;
    const flags = mapFlagsOf(this.#number(definition, "map_flags") ?? 0);
    const key = this.#layout(definition, "key") ?? noKey;
    const value = this.#layout(definition, "value");
    const base = { kind: "map", type, name, maxEntries, flags } as const;
    const data = isKindOfEvents(type)
      ? { ...base, value: value ?? bytes(1), ...eventDefaults[type] }
      : { ...base, key, value: value ?? noKey, ...this.#extras(definition, type) };
    return withKernelMethods(data) as MapSpec;
  }

  #typeOf(definition: BtfStruct): MapType {
    const number = this.#number(definition, "type") ?? 0;
    const type = mapTypes[number - 1];
    return type ?? complain(this.#parts, this.#where, `there is no type ${number} of maps`);
  }

  /** What only some kinds of maps have. */
  #extras(definition: BtfStruct, type: MapType): object {
    const inner = definition.members.find(({ name }) => name === "values");
    if (type === "bloom_filter") return { hashes: this.#number(definition, "map_extra") ?? 5 };
    if (type === "prog_array") return { programs: this.#programs(inner) };
    if (inner === undefined) return {};
    const values = resolveType(this.#btf, inner.type);
    const pointer = values.kind === "array" ? resolveType(this.#btf, values.type) : values;
    if (pointer.kind !== "ptr") {
      return complain(this.#parts, this.#where, "its values are no pointers to maps");
    }
    if (this.#where.length > deepest) {
      return complain(this.#parts, this.#where, "maps in it have maps in them");
    }
    const like = new DefinitionReader({
      parts: this.#parts,
      btf: this.#btf,
      where: [...this.#where, "values"],
      held: this.#held,
    });
    return { inner: like.map(`${this.#where.at(-1)}_inner`, pointer.type) };
  }

  /** What a specification of an array of programs says of them. */
  #programs(values: BtfMember | undefined): ProgArraySpec["programs"] {
    const { names, find } = this.#held;
    if (values === undefined || names.size === 0) return undefined;
    const start = values.bitOffset / 8;
    const indexes = [...names.keys()].map((offset) => (offset - start) / pointerSize);
    const count = Math.max(...indexes) + 1;
    return () =>
      Array.from({ length: count }, (_, index) => {
        const name = names.get(start + index * pointerSize);
        return name === undefined ? undefined : find(name);
      });
  }

  /** The number a member says: the length of the array it points to. */
  #number(definition: BtfStruct, name: string): number | undefined {
    const target = this.#pointedTo(definition, name);
    if (target === undefined) return undefined;
    const type = resolveType(this.#btf, target);
    if (type.kind === "array") return type.length;
    return complain(this.#parts, [...this.#where, name], "this says no number");
  }

  /** The layout that a member says: as a type, or only as a size. */
  #layout(definition: BtfStruct, name: "key" | "value"): Layout<unknown> | undefined {
    const target = this.#pointedTo(definition, name);
    if (target !== undefined) return layoutOfType(this.#btf, target);
    const size = this.#number(definition, `${name}_size`);
    return size === undefined || size === 0 ? undefined : sized(size);
  }

  #pointedTo({ members }: BtfStruct, name: string): number | undefined {
    const member = members.find((each) => each.name === name);
    if (member === undefined) return undefined;
    const type = resolveType(this.#btf, member.type);
    if (type.kind === "ptr") return type.type;
    return complain(this.#parts, [...this.#where, name], "this is no pointer");
  }
}

/** Keys and values of which only the size is known: mostly numbers. */
function sized(size: number): Layout<unknown> {
  return size === 4 ? u32 : size === 8 ? u64 : bytes(size);
}
