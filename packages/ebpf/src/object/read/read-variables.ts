/**
 * Reading variables: what programs keep in data sections.
 *
 * Each variable becomes one of its own, with the value it starts with. A section of which the types say nothing, such as
 * one with texts, becomes one variable of bytes.
 * @module
 */
import { viewOf } from "../../base/bytes.ts";
import type { Btf } from "../../btf/btf.ts";
import type { ElfSection } from "../../elf/elf.ts";
import { bytes } from "../../layout/bytes.ts";
import type { Layout } from "../../layout/layout.ts";
import { identifier } from "../../relocate/identifier.ts";
import { config, global } from "../../spec/global-spec.ts";
import type { GlobalSpec } from "../../spec/map-spec.ts";
import { complain, type ObjectParts } from "./parts.ts";
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

interface Found {
  readonly section: number;
  readonly start: number;
  readonly spec: GlobalSpec<unknown>;
}

/** Bytes that a section of variables has at most: a bound for damaged files. */
const mostBytes = 1 << 26;

/**
 * All variables of the sections for data, in the order of their places.
 * @throws {MalformedError} when a variable does not lie in its section.
 */
export function readVariables(parts: ObjectParts): ReadVariables {
  const found = parts.file.sections.filter(isData).flatMap((section) => {
    if (section.size > mostBytes) {
      complain(parts, [section.name], `${section.size} bytes are too many for variables`);
    }
    const variables = parts.btf === undefined ? [] : ofTypes(parts, parts.btf, section);
    return variables.length > 0 ? variables : [ofBytes(section)];
  });
  return {
    specs: new Map(found.map(({ spec }) => [spec.name, spec])),
    at: (section, offset) => {
      const place = found.findLast((each) => each.section === section && each.start <= offset);
      return place && { name: place.spec.name, offset: offset - place.start };
    },
  };
}

/** `.rodata`, `.data` and `.bss`, alone or with a name behind. */
function isData({ name, size }: ElfSection): boolean {
  return /^\.(?:rodata|data|bss)(?:\.|$)/.test(name) && size > 0;
}

function ofTypes(parts: ObjectParts, btf: Btf, section: ElfSection): readonly Found[] {
  const variables = btf.findByName(section.name, "datasec")?.variables ?? [];
  return variables.flatMap(({ type, offset }) => {
    const variable = btf.typeById(type);
    if (variable.kind !== "var" || btf.size(variable.type) === 0) return [];
    const layout = layoutOfType(btf, variable.type);
    if (offset + layout.size > section.size) {
      complain(parts, [section.name, variable.name], "the variable does not lie in its section");
    }
    return [found(section, variable.name, { layout, start: offset })];
  });
}

function ofBytes(section: ElfSection): Found {
  const name = identifier(section.name.slice(1));
  return found(section, name, { layout: bytes(section.size), start: 0 });
}

function found(
  section: ElfSection,
  name: string,
  { layout, start }: { readonly layout: Layout<unknown>; readonly start: number },
): Found {
  // Sections that take no place in the file start with zeros.
  const held = new Uint8Array(layout.size);
  held.set(section.bytes.subarray(start, start + layout.size));
  const initial = layout.read(viewOf(held), 0);
  const make = section.flags.includes("write") ? global : config;
  return { section: section.index, start, spec: make(name, layout, initial) };
}
