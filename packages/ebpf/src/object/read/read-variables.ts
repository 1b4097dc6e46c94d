/**
 * Reading variables: what programs keep in data sections.
 *
 * Each variable becomes one of its own, with the value it starts with and its place in its section. Bytes of which the
 * types say nothing, such as texts and initial values, become variables of bytes, so that nothing of a section is lost.
 * @module
 */
import { alignUp, viewOf } from "../../base/bytes.ts";
import { BpfError } from "../../base/errors.ts";
import type { Btf } from "../../btf/btf.ts";
import type { ElfSection } from "../../elf/elf.ts";
import { bytes } from "../../layout/bytes.ts";
import type { Layout } from "../../layout/layout.ts";
import { identifier } from "../../relocate/identifier.ts";
import { globalSpec } from "../../spec/global-spec.ts";
import type { GlobalSpec } from "../../spec/map-spec.ts";
import {
  complain,
  mostZeros,
  placesOfGlobals,
  sectionMapName,
  sectionFileTypes,
  type ObjectParts,
} from "./parts.ts";
import { layoutOfType } from "./type-layout.ts";

/** The variables of an object file. */
export interface ReadVariables {
  readonly specs: ReadonlyMap<string, GlobalSpec<unknown>>;
  /** The variable at a place of a section, by its index, and how far into the variable that is. */
  readonly at: (section: number, offset: number) => VariablePlace | undefined;
}

/** A place in a variable. */
export interface VariablePlace {
  readonly name: string;
  readonly offset: number;
}

/** A variable before it is read: where it lies, and what of. */
interface Place {
  readonly section: ElfSection;
  readonly start: number;
  readonly name: string;
  readonly layout: Layout<unknown>;
}

/**
 * All variables of the sections for data, in the order of their places.
 * @throws {MalformedError} when a variable does not lie in its section.
 */
export function readVariables(parts: ObjectParts): ReadVariables {
  const names = new Set<string>();
  const found = parts.file.sections.filter(isData).flatMap((section) => {
    if (section.size > section.bytes.length + mostZeros) {
      complain(parts, [section.name], `${section.size} bytes are too many for variables`);
    }
    return withGaps(section, typedPlaces(parts, section)).map((place) => {
      return { ...place, spec: specOf(parts, place, freeName(place.name, names)) };
    });
  });
  return {
    specs: new Map(found.map(({ spec }) => [spec.name, spec])),
    at: (section, offset) => {
      const own = found.filter((each) => each.section.index === section);
      const place = own.findLast(({ start }) => start <= offset) ?? own[0];
      return place && { name: place.spec.name, offset: offset - place.start };
    },
  };
}

/** `.rodata`, `.data` and `.bss`, alone or with a name behind, and variables in an arena. */
function isData({ name, size, type }: ElfSection): boolean {
  if (type !== "progbits" && type !== "nobits") return false;
  return size > 0 && /^\.(?:(?:rodata|data|bss)(?:\.|$)|addr_space\.1$)/.test(name);
}

/** What the types say of the section, in the order of places. */
function typedPlaces(parts: ObjectParts, section: ElfSection): readonly Place[] {
  const { btf } = parts;
  const variables = btf?.findByName(section.name, "datasec")?.variables ?? [];
  if (btf === undefined || variables.length === 0) return [];
  const places = placesOfGlobals(parts, section);
  return variables
    .flatMap(({ type, offset }): Place[] => {
      const variable = btf.typeById(type);
      if (variable.kind !== "var" || btf.size(variable.type) === 0) return [];
      const start = places.get(variable.name) ?? offset;
      const layout = layoutIn(parts, btf, variable.type);
      if (start + layout.size > section.size) {
        complain(parts, [section.name, variable.name], "the variable does not lie in its section");
      }
      return [{ section, start, name: variable.name, layout }];
    })
    .toSorted((left, right) => left.start - right.start);
}

/** Values for machines with the other byte order stay bytes. */
function layoutIn({ foreign }: ObjectParts, btf: Btf, type: number): Layout<unknown> {
  return foreign ? bytes(btf.size(type)) : layoutOfType(btf, type);
}

/** The places with those of bytes between them, except what only aligns the next one. */
function withGaps(section: ElfSection, places: readonly Place[]): readonly Place[] {
  const all: Place[] = [];
  let end = 0;
  for (const place of places) {
    // Variables that lie in one another, as merged constants do, are one.
    if (place.start < end) continue;
    const isPadding = place.start === alignUp(end, place.layout.alignment);
    if (place.start > end && !(isPadding && isZero(section, end, place.start))) {
      all.push(gap(section, end, place.start));
    }
    all.push(place);
    end = place.start + place.layout.size;
  }
  if (end < section.size) all.push(gap(section, end, section.size));
  return all;
}

function isZero({ bytes: held }: ElfSection, start: number, end: number): boolean {
  return held.subarray(start, end).every((byte) => byte === 0);
}

function gap(section: ElfSection, start: number, end: number): Place {
  const layout = bytes(end - start);
  return { section, start, name: gapName(section, start, layout.size), layout };
}

function gapName(section: Pick<ElfSection, "name" | "size">, start: number, size: number): string {
  const name = section.name.slice(1);
  return identifier(size === section.size ? name : `${name}_${start}`);
}

/** Whether `spec` is no variable, but bytes of a section that no type describes. */
export function isUnnamedVariable({ name, layout, within }: GlobalSpec<unknown>): boolean {
  if (within === undefined || !layout.name.startsWith("u8[")) return false;
  return name === gapName({ name: within.section, size: within.size }, within.offset, layout.size);
}

/** Static variables of files that were linked may have the names of others. */
function freeName(wanted: string, taken: Set<string>): string {
  // Dots, as in the names of static variables of functions, stay what they are where the types say them.
  const name = /^[A-Za-z_][\w.]*$/.test(wanted) ? wanted : identifier(wanted);
  let free = name;
  for (let number = 2; taken.has(free); number++) free = `${name}_${number}`;
  taken.add(free);
  return free;
}

function specOf(
  parts: ObjectParts,
  { section, start, layout: declared }: Place,
  name: string,
): GlobalSpec<unknown> {
  // Sections that take no place in the file start with zeros.
  const held = new Uint8Array(declared.size);
  const bytesHeld = section.bytes.subarray(start, start + declared.size);
  held.set(bytesHeld);
  const layout = bytesHeld.length === 0 || keeps(declared, held) ? declared : bytes(declared.size);
  const initial = layout.read(viewOf(held), 0);
  const map = sectionMapName(parts, section.name);
  const fileTypes = sectionFileTypes(parts, section.name);
  const within = { section: section.name, offset: start, size: section.size, map, fileTypes };
  const variable = section.name.startsWith(".rodata") ? "config" : "global";
  return globalSpec(variable, { name, layout, initial, within });
}

/** Whether a value is written as it was read: not text that is no UTF-8, nor what lies between members. */
function keeps(layout: Layout<unknown>, held: Uint8Array): boolean {
  const again = new Uint8Array(held.length);
  try {
    layout.write(viewOf(again), 0, layout.read(viewOf(held), 0));
  } catch (error) {
    if (error instanceof BpfError) return false;
    throw error;
  }
  return again.every((byte, index) => byte === held[index]);
}
