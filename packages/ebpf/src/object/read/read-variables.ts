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
import { globalSpecOfBytes } from "../../spec/global-spec.ts";
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
  const names = new FreeNames();
  const sections = parts.file.sections.filter(isData);
  assertNotTooLarge(parts, sections);
  const bySection = new Map(
    sections.map((section) => {
      const places = withGaps(section, typedPlaces(parts, section));
      const named = places.map((place) => {
        return { start: place.start, spec: specOf(parts, place, names.like(place.name)) };
      });
      return [section.index, named] as const;
    }),
  );
  const specs = [...bySection.values()].flat().map(({ spec }) => [spec.name, spec] as const);
  return {
    specs: new Map(specs),
    at: (section, offset) => {
      const place = lastUpTo(bySection.get(section) ?? [], offset);
      return place && { name: place.spec.name, offset: offset - place.start };
    },
  };
}

/** Sections without bytes in the file may say any size. */
function assertNotTooLarge(parts: ObjectParts, sections: readonly ElfSection[]): void {
  let zeros = 0;
  for (const { name, size, bytes: held } of sections) {
    zeros += size - held.length;
    if (zeros > mostZeros) complain(parts, [name], `${size} bytes are too many for variables`);
  }
}

/** The last of what is ordered by place that starts at or before `offset`, else the first. */
function lastUpTo<Placed extends { readonly start: number }>(
  ordered: readonly Placed[],
  offset: number,
): Placed | undefined {
  let [low, high] = [0, ordered.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ordered[middle]!.start <= offset) low = middle + 1;
    else high = middle;
  }
  return ordered[Math.max(low - 1, 0)];
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

/** Names that are given once: static variables of files that were linked may have the names of others. */
class FreeNames {
  /** The last number that was put behind a name. */
  readonly #taken = new Map<string, number>();

  like(wanted: string): string {
    // Dots, as in the names of static variables of functions, stay what they are where the types say them.
    const name = /^[A-Za-z_][\w.]*$/.test(wanted) ? wanted : identifier(wanted);
    let number = this.#taken.get(name) ?? 0;
    let free = name;
    while (this.#taken.has(free)) free = `${name}_${++number + 1}`;
    this.#taken.set(name, number).set(free, this.#taken.get(free) ?? 0);
    return free;
  }
}

function specOf(
  parts: ObjectParts,
  { section, start, layout: declared }: Place,
  name: string,
): GlobalSpec<unknown> {
  // Sections that take no place in the file start with zeros.
  const held = section.bytes.subarray(start, start + declared.size);
  const isSet = held.some((byte) => byte !== 0);
  const layout = !isSet || keeps(declared, held) ? declared : bytes(declared.size);
  const map = sectionMapName(parts, section.name);
  const fileTypes = sectionFileTypes(parts, section.name);
  const within = { section: section.name, offset: start, size: section.size, map, fileTypes };
  const variable = section.name.startsWith(".rodata") ? "config" : "global";
  return globalSpecOfBytes(variable, { name, layout, within }, isSet ? held : empty);
}

const empty = new Uint8Array(0);

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
