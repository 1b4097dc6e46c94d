/**
 * Reading maps: from the types that define them to specs.
 *
 * What a definition says is in its type, and what a map holds from the start in relocations of its variable. Definitions
 * of before BTF, in a section `maps`, are read by `read-legacy-maps.ts`.
 * @module
 */
import { resolveType } from "../../btf/resolve.ts";
import type { Btf } from "../../btf/btf.ts";
import { voidId, type BtfMember, type BtfStruct, type BtfTypeId } from "../../btf/type.ts";
import { didYouMean } from "../../base/text.ts";
import { findSection, readRelocations } from "../../elf/tables.ts";
import { u32 } from "../../layout/integer.ts";
import type { Layout } from "../../layout/layout.ts";
import { mapTypes } from "../../spec/generated/words.ts";
import { withKernelMethods } from "../../spec/kernel-methods.ts";
import { noKey, type MapSpec, type OuterMapSpec } from "../../spec/map-spec.ts";
import type { MapFileTypes } from "../../spec/file-types.ts";
import type { ProgArraySpec } from "../../spec/prog-array.ts";
import type { ProgramSpec } from "../../spec/program-spec.ts";
import type { MapType } from "../../spec/words.ts";
import { mapFlagsOf, pointerSize } from "../map-definition.ts";
import { complain, symbolsIn, type ObjectParts } from "./parts.ts";
import { readLegacyMaps } from "./read-legacy-maps.ts";
import { entriesOf, eventDefaults, eventsOf, isKindOfEvents, sized } from "./map-defaults.ts";
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
  const legacy = readLegacyMaps(parts);
  const list = btf?.findByName(section, "datasec");
  if (btf === undefined || list === undefined) {
    const defined = findSection(parts.file, section);
    if (defined === undefined || defined.size === 0) return legacy;
    return complain(
      parts,
      [section],
      "there are no types that say what its maps are: compile with -g",
    );
  }
  const pointers = pointersIn(parts);
  const defined = new Map(
    list.variables.map(({ type, size }) => {
      const { name, type: definition } = variableOf(btf, type);
      const held = { names: pointers(name, size), find: findProgram };
      const read = new DefinitionReader({ parts, btf, where: [section, name], held });
      return [name, read.map(name, definition)];
    }),
  );
  return new Map([...legacy, ...defined]);
}

function variableOf(btf: Btf, id: number): { readonly name: string; readonly type: number } {
  const variable = btf.typeById(id);
  return { name: variable.name, type: variable.kind === "var" ? variable.type : 0 };
}

/** Names of the programs or maps that a map points to, by the offset of the pointer in its variable. */
type PointersOf = (map: string, size: number) => ReadonlyMap<number, string>;

function pointersIn(parts: ObjectParts): PointersOf {
  const { file, symbols } = parts;
  const maps = findSection(file, section);
  if (maps === undefined) return () => new Map();
  const bySymbol = new Map(symbolsIn(parts, maps).map((symbol) => [symbol.name, symbol]));
  const all = readRelocations(file, maps).toSorted((one, other) => one.offset - other.offset);
  let left = all.length;
  return (name, size) => {
    const map = bySymbol.get(name);
    const found = new Map<number, string>();
    if (map === undefined) return found;
    const start = Number(map.value);
    const end = start + Math.max(size, map.size);
    const first = all.findIndex(({ offset }) => offset >= start);
    for (let index = first; index !== -1 && index < all.length; index++) {
      const { offset, symbol } = all[index]!;
      if (offset >= end) break;
      if (left-- === 0) complain(parts, [section, name], "it lies in the place of other maps");
      found.set(offset - start, symbols[symbol]!.name);
    }
    return found;
  };
}

/** Programs or maps that a map points to. */
interface HeldNames {
  readonly names: ReadonlyMap<number, string>;
  readonly find: FindProgram;
}

interface Definition {
  readonly parts: ObjectParts;
  readonly btf: Btf;
  /** For errors. */
  readonly where: readonly string[];
  readonly held: HeldNames;
}

/** Names in the path of a map's definition: the kernel has maps of maps, and no further. */
const deepest = 2;

/** Members that definitions have. */
const knownMembers: readonly string[] = [
  "type",
  "max_entries",
  "map_flags",
  "numa_node",
  "key_size",
  "key",
  "value_size",
  "value",
  "values",
  "pinning",
  "map_extra",
];

type OuterType = "array_of_maps" | "hash_of_maps";

/** Maps whose values are the numbers of other things when nothing else is said. */
const holdsNumbers: ReadonlySet<MapType> = new Set(["array_of_maps", "hash_of_maps", "prog_array"]);

/** Reads one definition. */
class DefinitionReader {
  readonly #parts: ObjectParts;
  readonly #btf: Btf;
  readonly #where: readonly string[];
  readonly #held: HeldNames;

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
    this.#assertKnown(definition);
    const type = this.#typeOf(definition);
    const maxEntries = entriesOf(type, this.#number(definition, "max_entries") ?? 0);
    const flags = mapFlagsOf(this.#number(definition, "map_flags") ?? 0);
    const key = this.#layout(definition, "key") ?? noKey;
    const value = this.#layout(definition, "value") ?? (holdsNumbers.has(type) ? u32 : undefined);
    const options = { ...this.#options(definition, type), ...this.#fileTypes(definition) };
    const base = { kind: "map", type, name, maxEntries, flags, ...options } as const;
    const data = isKindOfEvents(type)
      ? { ...base, value: eventsOf(type, value), ...eventDefaults[type] }
      : { ...base, key, value: value ?? noKey, ...this.#extras(definition, type) };
    return withKernelMethods(data) as MapSpec;
  }

  /** What a definition says that we do not know may change what is meant. */
  #assertKnown({ members }: BtfStruct): void {
    const unknown = members.find(({ name }) => !knownMembers.includes(name));
    if (unknown === undefined) return;
    const hint = didYouMean(unknown.name, knownMembers) ?? `known are ${knownMembers.join(", ")}`;
    complain(
      this.#parts,
      [...this.#where, unknown.name],
      `definitions of maps have no such member: ${hint}`,
    );
  }

  /** What every kind of map may say. */
  #options(definition: BtfStruct, type: MapType): Partial<MapSpec> {
    const pinning = this.#number(definition, "pinning") ?? 0;
    const numaNode = this.#number(definition, "numa_node");
    const extra = this.#number(definition, "map_extra") ?? 0;
    if (pinning > 1) {
      complain(
        this.#parts,
        [...this.#where, "pinning"],
        `${pinning} is neither 0 nor LIBBPF_PIN_BY_NAME (1)`,
      );
    }
    return {
      ...(pinning === 1 ? ({ pinning: "by_name" } as const) : {}),
      ...(numaNode === undefined ? {} : { numaNode }),
      ...(extra === 0 || type === "bloom_filter" ? {} : { extra: BigInt(extra) }),
    };
  }

  /** The types of keys and values, where it says them and not only sizes. */
  #fileTypes(definition: BtfStruct): { readonly fileTypes?: MapFileTypes } {
    const { fileTypes: types } = this.#parts;
    if (types === undefined) return {};
    const [key = voidId, value = voidId] = ["key", "value"].map((name) => {
      return this.#pointedTo(definition, name);
    });
    return key === voidId && value === voidId ? {} : { fileTypes: { types, key, value } };
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
    const entries = this.#entries(inner);
    return {
      inner: like.map(`${this.#where.at(-1)}_inner`, pointer.type),
      ...(entries.length === 0 ? {} : { entries }),
    };
  }

  /** The maps that are in a map of maps from the start. */
  #entries(values: BtfMember): NonNullable<OuterMapSpec<OuterType, unknown, MapSpec>["entries"]> {
    return [...this.#held.names].map(([offset, map]) => {
      return { index: (offset - values.bitOffset / 8) / pointerSize, map };
    });
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

  /** The number a member says: the length of the array it points to, or the only value of its enum. */
  #number(definition: BtfStruct, name: string): number | undefined {
    const said = definition.members.find((each) => each.name === name);
    const direct = said && resolveType(this.#btf, said.type);
    if (direct?.kind === "enum" || direct?.kind === "enum64") {
      if (direct.values.length === 1) return Number(direct.values[0]!.value);
    }
    const target = this.#pointedTo(definition, name);
    if (target === undefined) return undefined;
    const type = resolveType(this.#btf, target);
    if (type.kind === "array") return type.length;
    return complain(this.#parts, [...this.#where, name], "this says no number");
  }

  /** The layout that a member says: as a type, or only as a size. */
  #layout(definition: BtfStruct, name: "key" | "value"): Layout<unknown> | undefined {
    const target = this.#pointedTo(definition, name);
    if (target !== undefined) {
      return this.#btf.size(target) === 0 ? undefined : layoutOfType(this.#btf, target);
    }
    const size = this.#number(definition, `${name}_size`);
    if (size !== undefined && size > mostBytes) {
      complain(this.#parts, [...this.#where, `${name}_size`], `${size} bytes are too many`);
    }
    return size === undefined || size === 0 ? undefined : sized(size);
  }

  #pointedTo({ members }: BtfStruct, name: string): BtfTypeId | undefined {
    const member = members.find((each) => each.name === name);
    if (member === undefined) return undefined;
    const type = resolveType(this.#btf, member.type);
    if (type.kind === "ptr") return type.type;
    const found = this.#btf.describe(member.type);
    return complain(
      this.#parts,
      [...this.#where, name],
      `this is no pointer but ${found}: say numbers with __uint, types with __type`,
    );
  }
}

/** Bytes that a key or value has at most; the kernel takes fewer. */
const mostBytes = 2 ** 31 - 1;
