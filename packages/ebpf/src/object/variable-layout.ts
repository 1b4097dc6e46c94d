/**
 * Where the variables of an object file lie.
 *
 * Those that come from an object file stay where they were. Of others each kind has its section, as compilers do it:
 * `.rodata` for what programs only read, `.data` for what starts with a value, `.bss` for what starts with zeros. A loader
 * makes one map of each section, where loading from TypeScript makes one of each variable; to programs it is the same.
 * @module
 */
import { alignUp } from "../base/bytes.ts";
import { identifier } from "../relocate/identifier.ts";
import { bytesAtStart } from "../spec/global-spec.ts";
import type { GlobalSpec } from "../spec/map-spec.ts";

/** A section with variables. */
export interface VariableSection {
  readonly name: string;
  /** The values that they start with. */
  readonly bytes: Uint8Array;
  readonly alignment: number;
  readonly variables: readonly PlacedVariable[];
}

/** A variable in its place. */
export interface PlacedVariable {
  /** Its name in C. */
  readonly name: string;
  readonly spec: GlobalSpec<unknown>;
  /** Bytes from the start of the section. */
  readonly offset: number;
}

/** Whether programs only read the section. */
export function isReadOnly(section: string): boolean {
  return section.startsWith(".rodata");
}

/** Whether the section takes no place in a file: all in it starts with zeros. */
export function isOfZeros(section: string): boolean {
  return section.startsWith(".bss");
}

/**
 * The sections for `specs`, those without variables left out. A variable starts with the value it has now.
 * @throws {InvalidArgumentError} when a value is not one of the variable's layout.
 */
export function variableSections(
  specs: readonly GlobalSpec<unknown>[],
): readonly VariableSection[] {
  const valued = specs.map((spec) => {
    return { spec, value: bytesAtStart(spec) };
  });
  const moved = changedZeros(valued);
  const bySection = Map.groupBy(valued, (one) => sectionOf(one, moved));
  const names = new Set([".rodata", ".data", ".bss", ...bySection.keys()]);
  return [...names].flatMap((name) => {
    const own = bySection.get(name);
    return own === undefined ? [] : [fill(name, own)];
  });
}

interface Valued {
  readonly spec: GlobalSpec<unknown>;
  readonly value: Uint8Array;
}

/** Sections for zeros in which something has got a value since they were read: their variables find other places. */
function changedZeros(valued: readonly Valued[]): ReadonlySet<string> {
  const changed = valued.filter(({ spec: { within }, value }) => {
    return within !== undefined && isOfZeros(within.section) && isSet(value);
  });
  return new Set(changed.map(({ spec }) => spec.within!.section));
}

function isSet(value: Uint8Array): boolean {
  return value.some((byte) => byte !== 0);
}

function sectionOf({ spec, value }: Valued, moved: ReadonlySet<string>): string {
  const { variable, within } = spec;
  if (within !== undefined && !moved.has(within.section)) return within.section;
  if (variable === "config") return ".rodata";
  return isSet(value) ? ".data" : ".bss";
}

function fill(name: string, valued: readonly Valued[]): VariableSection {
  // What has a place keeps it; everything else goes behind.
  let end = Math.max(0, ...valued.map(({ spec: { within } }) => keptSize(within, name)));
  const variables = valued.map(({ spec }) => {
    const { layout, within } = spec;
    const offset = keptSize(within, name) > 0 ? within!.offset : alignUp(end, layout.alignment);
    end = Math.max(end, offset + layout.size);
    return { name: symbolOf(spec), spec, offset };
  });
  const bytes = new Uint8Array(end);
  for (const [index, { offset }] of variables.entries()) bytes.set(valued[index]!.value, offset);
  const alignment = Math.max(...valued.map(({ spec }) => spec.layout.alignment));
  return { name, bytes, alignment, variables };
}

/** Bytes of the section when it is the one that a variable was read from; else 0. */
function keptSize(within: GlobalSpec<unknown>["within"], section: string): number {
  return within?.section === section ? within.size : 0;
}

/** Compilers put dots into the names of static variables. */
function symbolOf({ name, within }: GlobalSpec<unknown>): string {
  return within !== undefined && /^[A-Za-z_][\w.]*$/.test(name) ? name : identifier(name);
}
