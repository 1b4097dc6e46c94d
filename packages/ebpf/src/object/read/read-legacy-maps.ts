/**
 * Reading maps of before BTF: structs of numbers in section `maps` or in sections `maps/…`, one for each symbol there.
 *
 * Loaders agree on the first five numbers. iproute2 has four more, with which a map can be pinned, and be in another
 * one. What follows must be zero: it would mean something that is not known.
 *
 * ```
 *   0      4          8            12            16      20   24        28         32          36
 *   +------+----------+------------+-------------+-------+----+---------+----------+-----------+
 *   | type | key size | value size | max entries | flags | id | pinning | inner id | inner idx |
 *   +------+----------+------------+-------------+-------+----+---------+----------+-----------+
 * ```
 *
 * Source: `struct bpf_elf_map` in include/bpf_elf.h of iproute2; `struct bpf_map_def` of libbpf before 1.0.
 * @module
 */
import { viewOf } from "../../base/bytes.ts";
import type { ElfSection, ElfSymbol } from "../../elf/elf.ts";
import { wholeRecord } from "../../layout/whole-record.ts";
import { mapTypes } from "../../spec/generated/words.ts";
import { withKernelMethods } from "../../spec/kernel-methods.ts";
import { noKey, type MapSpec } from "../../spec/map-spec.ts";
import type { MapType } from "../../spec/words.ts";
import { mapFlagsOf } from "../map-definition.ts";
import { entriesOf, eventDefaults, isKindOfEvents, sized } from "./map-defaults.ts";
import { complain, symbolsIn, type ObjectParts } from "./parts.ts";

/** Bytes of the numbers all loaders know. */
const commonSize = 20;
/** Bytes of those of iproute2, once without what says that a map is in another one. */
const [oldSize, fullSize] = [28, 36];

/** Whether a section of this name has such maps: old compilers' users gave each map a section of its own. */
export function isLegacyMaps(section: string): boolean {
  return section === "maps" || section.startsWith("maps/");
}

/**
 * The maps of the sections by name; none when there is no such section.
 * @throws {MalformedError} when a definition is cut off or says what is not known.
 */
export function readLegacyMaps(parts: ObjectParts): ReadonlyMap<string, MapSpec> {
  const sections = parts.file.sections.filter(({ name, type }) => {
    return type === "progbits" && isLegacyMaps(name);
  });
  const definitions = sections.flatMap((section) => definitionsIn(parts, section));
  const inner = new Map(definitions.flatMap((each) => (each.id === 0 ? [] : [[each.id, each]])));
  return new Map(definitions.map((each) => [each.name, specOf(parts, each, inner)]));
}

function definitionsIn(parts: ObjectParts, section: ElfSection): readonly LegacyDefinition[] {
  const symbols = symbolsIn(parts, section);
  if (symbols.length === 0 && section.size > 0) {
    complain(parts, [section.name], "no symbols say where its maps are and what they are called");
  }
  const size = Math.floor(section.bytes.length / Math.max(symbols.length, 1));
  return symbols.map((symbol) => readDefinition(parts, { section, symbol, size }));
}

interface Place {
  readonly section: ElfSection;
  readonly symbol: ElfSymbol;
  /** Bytes of each definition, all of which are alike. */
  readonly size: number;
}

interface LegacyDefinition {
  readonly section: string;
  readonly name: string;
  readonly type: MapType;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  readonly flags: number;
  readonly id: number;
  readonly pinning: number;
  readonly innerId: number;
  readonly innerIndex: number;
}

function readDefinition(
  parts: ObjectParts,
  { section, symbol: { name, value }, size }: Place,
): LegacyDefinition {
  const start = Number(value);
  const where = [section.name, name];
  if (size < commonSize || start % size !== 0 || start + size > section.bytes.length) {
    complain(
      parts,
      where,
      `its definition is no struct of at least ${commonSize} bytes like the others`,
    );
  }
  const held = section.bytes.subarray(start, start + size);
  const known = size >= fullSize ? fullSize : size >= oldSize ? oldSize : commonSize;
  if (held.subarray(known).some((byte) => byte !== 0)) {
    complain(
      parts,
      where,
      `what follows the first ${known} bytes of its definition is not zero, and not known`,
    );
  }
  const view = viewOf(held);
  const little = parts.file.byteOrder === "little";
  const word = (index: number): number =>
    4 * index < known ? view.getUint32(4 * index, little) : 0;
  const type = mapTypes[word(0) - 1];
  return {
    section: section.name,
    name,
    type: type ?? complain(parts, where, `there is no type ${word(0)} of maps`),
    keySize: word(1),
    valueSize: word(2),
    maxEntries: word(3),
    flags: word(4),
    id: word(5),
    pinning: word(6),
    innerId: word(7),
    innerIndex: known < fullSize ? noIndex : word(8),
  };
}

function specOf(
  parts: ObjectParts,
  definition: LegacyDefinition,
  byId: ReadonlyMap<number, LegacyDefinition>,
): MapSpec {
  const { section, name, type, keySize, valueSize, pinning, innerId, innerIndex } = definition;
  const where = [section, name];
  const maxEntries = entriesOf(type, definition.maxEntries);
  if (pinning > 2) complain(parts, where, `pinning ${pinning} is neither 0, 1 nor 2`);
  const pin = pinning === 0 ? {} : ({ pinning: "by_name" } as const);
  const flags = mapFlagsOf(definition.flags);
  const base = { kind: "map", type, name, maxEntries, flags, ...pin } as const;
  if (isKindOfEvents(type)) {
    return withKernelMethods({ ...base, value: wholeRecord, ...eventDefaults[type] }) as MapSpec;
  }
  const inner = byId.get(innerId);
  if (innerId !== 0 && inner === undefined) complain(parts, where, `no map has the id ${innerId}`);
  if (inner !== undefined && inner.innerId !== 0)
    complain(parts, where, "maps in it have maps in them");
  const entries =
    innerIndex === noIndex || inner === undefined ? [] : [{ index: innerIndex, map: inner.name }];
  const outer = inner && {
    inner: specOf(parts, inner, byId),
    ...(entries.length > 0 ? { entries } : {}),
  };
  const layouts = { key: layoutOf(keySize), value: layoutOf(valueSize) };
  const extras =
    type === "bloom_filter" ? { hashes: 5 } : type === "prog_array" ? { programs: undefined } : {};
  return withKernelMethods({ ...base, ...layouts, ...extras, ...outer }) as MapSpec;
}

/** Says that a map is not in the other one from the start. */
const noIndex = 0xffff_ffff;

function layoutOf(size: number): ReturnType<typeof sized> {
  return size === 0 ? noKey : sized(size);
}
