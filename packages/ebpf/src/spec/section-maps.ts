/**
 * Sections of variables: the variables of an object file that lie in one section are one map.
 *
 * Programs may go from one variable to the next, and compilers put pointers in front of arrays; both only work when
 * everything is where the file has it. Here the maps of sections are made from the variables, and addresses of variables
 * become places in those maps. Variables without a place are maps of their own, as always.
 * @module
 */
import type { Instruction } from "../isa/instruction.ts";
import { bytes } from "../layout/bytes.ts";
import { bytesAtStart, globalSpec } from "./global-spec.ts";
import { type GlobalSpec, isGlobalSpec, type MapSpec, type SectionPlace } from "./map-spec.ts";
import type { ProgramSpec } from "./program-spec.ts";

/** A variable that lies in a section. */
export type PlacedVariable = GlobalSpec<unknown> & { readonly within: SectionPlace };

/** Section of variables that lie in the memory of an arena; they are no map of their own. */
export const arenaSection = ".addr_space.1";

/** Whether `spec` is a variable that lies in a section with others. */
export function isPlaced(spec: MapSpec): spec is PlacedVariable {
  return isGlobalSpec(spec) && spec.within !== undefined;
}

/**
 * Maps for the sections of the variables among `specs`, by their names, filled with the values variables have now. The
 * section of an arena has none.
 */
export function sectionMaps(specs: Iterable<MapSpec>): ReadonlyMap<string, GlobalSpec<Uint8Array>> {
  const placed = [...specs]
    .filter(isPlaced)
    .filter(({ within }) => within.section !== arenaSection);
  const sections = Map.groupBy(placed, ({ within }) => within.section);
  return new Map([...sections].map(([section, variables]) => [section, mapOf(variables)]));
}

function mapOf(variables: readonly PlacedVariable[]): GlobalSpec<Uint8Array> {
  const { within, variable: kind } = variables[0]!;
  const initial = new Uint8Array(within.size);
  for (const variable of variables) initial.set(bytesAtStart(variable), variable.within.offset);
  const { map: name, size, fileTypes } = within;
  return globalSpec(kind, {
    name,
    layout: bytes(size),
    initial,
    ...(fileTypes === undefined ? {} : { fileTypes }),
  });
}

/** The program with addresses of variables counted from the start of their sections. */
export function inSections(program: ProgramSpec, specs: Iterable<MapSpec>): ProgramSpec {
  const placed = [...specs].filter(isPlaced);
  if (placed.length === 0) return program;
  const offsets = new Map(placed.map(({ name, within }) => [name, within.offset]));
  return { ...program, instructions: program.instructions.map((one) => moved(one, offsets)) };
}

function moved(instruction: Instruction, offsets: ReadonlyMap<string, number>): Instruction {
  if (instruction.kind !== "wide-load" || typeof instruction.value === "bigint") return instruction;
  const { value } = instruction;
  if (value.kind !== "map-value" || typeof value.name !== "string") return instruction;
  const start = offsets.get(value.name);
  if (start === undefined) return instruction;
  return { ...instruction, value: { ...value, offset: start + value.offset } };
}
