/**
 * Where the variables of an object file lie.
 *
 * Each kind has its section, as compilers do it: `.rodata` for what programs only read, `.data` for what starts with a
 * value, `.bss` for what starts with zeros. A loader makes one map of each section, where loading from TypeScript makes
 * one of each variable; to programs it is the same.
 * @module
 */
import { alignUp, viewOf } from "../base/bytes.ts";
import { identifier } from "../relocate/identifier.ts";
import type { GlobalSpec } from "../spec/map-spec.ts";

/** Names of the sections with variables. */
export type VariableSectionName = ".rodata" | ".data" | ".bss";

/** A section with variables. */
export interface VariableSection {
  readonly name: VariableSectionName;
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

/**
 * The sections for `specs`, those without variables left out. A variable starts with the value it has now.
 * @throws {InvalidArgumentError} when a value is not one of the variable's layout.
 */
export function variableSections(
  specs: readonly GlobalSpec<unknown>[],
): readonly VariableSection[] {
  const valued = specs.map((spec) => ({ spec, value: valueBytes(spec) }));
  const names: readonly VariableSectionName[] = [".rodata", ".data", ".bss"];
  return names.flatMap((name) => {
    const own = valued.filter(({ spec, value }) => sectionOf(spec, value) === name);
    return own.length === 0 ? [] : [fill(name, own)];
  });
}

interface Valued {
  readonly spec: GlobalSpec<unknown>;
  readonly value: Uint8Array;
}

function valueBytes(spec: GlobalSpec<unknown>): Uint8Array {
  const bytes = new Uint8Array(spec.layout.size);
  spec.layout.write(viewOf(bytes), 0, spec.value);
  return bytes;
}

function sectionOf(spec: GlobalSpec<unknown>, value: Uint8Array): VariableSectionName {
  if (spec.variable === "config") return ".rodata";
  return value.some((byte) => byte !== 0) ? ".data" : ".bss";
}

function fill(name: VariableSectionName, valued: readonly Valued[]): VariableSection {
  let end = 0;
  const variables = valued.map(({ spec }) => {
    const offset = alignUp(end, spec.layout.alignment);
    end = offset + spec.layout.size;
    return { name: identifier(spec.name), spec, offset };
  });
  const bytes = new Uint8Array(end);
  for (const [index, { offset }] of variables.entries()) bytes.set(valued[index]!.value, offset);
  const alignment = Math.max(...valued.map(({ spec }) => spec.layout.alignment));
  return { name, bytes, alignment, variables };
}
