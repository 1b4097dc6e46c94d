/**
 * Reading programs: each with all the functions it calls, as one list of instructions.
 *
 * An object file has functions in several sections, and leaves what refers to other things to relocations. Here a
 * program starts with its main function, every function that is called from what is there goes behind, and what
 * instructions refer to is named: maps and variables by their names, functions by labels.
 * @module
 */
import { cString } from "../../base/bytes.ts";
import { findSection } from "../../elf/tables.ts";
import type { Instruction } from "../../isa/instruction.ts";
import type { CoreRelocationSite } from "../../spec/core-relocation.ts";
import { programSpec, type ProgramFunction, type ProgramSpec } from "../../spec/program-spec.ts";
import { textSection } from "../code-layout.ts";
import { sectionMeaning, type SectionMeaning } from "../section-name.ts";
import { readFunctions, type FunctionPlace, type ReadFunction } from "./read-functions.ts";
import { complain, type ObjectParts } from "./parts.ts";
import type { ReadVariables } from "./read-variables.ts";
import { sectionTarget } from "./section-target.ts";

/**
 * The programs of an object file by the names of their functions.
 * @throws {MalformedError} when code or its relocations are damaged.
 * @throws {InvalidArgumentError} when a program needs something that specs do not have.
 */
export function readPrograms(
  parts: ObjectParts,
  variables: ReadVariables,
): ReadonlyMap<string, ProgramSpec> {
  const functions = readFunctions(parts, variables);
  const license = readLicense(parts);
  const programs = functions.all.flatMap((main) => {
    const meaning = mainMeaning(parts, main);
    if (meaning === undefined) return [];
    const linked = link(parts, [...reachable(main, functions.find)]);
    return [[main.name, { ...specOf(main.name, meaning, license), ...linked }] as const];
  });
  return new Map(programs);
}

function readLicense({ file }: ObjectParts): string {
  const section = findSection(file, "license");
  return section === undefined ? "" : cString(section.bytes);
}

/** What a function is as a program; `undefined` when it is only called by others. */
function mainMeaning(parts: ObjectParts, main: ReadFunction): SectionMeaning | undefined {
  const { name } = main.section;
  if (name === textSection || !main.isGlobal) return undefined;
  return (
    sectionMeaning(name) ?? complain(parts, [name], "the section's name says no type of program")
  );
}

function specOf(name: string, meaning: SectionMeaning, license: string): ProgramSpec {
  const { type, expectedAttachType, flags } = meaning;
  const attach = expectedAttachType === undefined ? {} : { expectedAttachType };
  const target = sectionTarget(meaning);
  return programSpec({ name, type, target, license, flags, ...attach }, []);
}

/** The function and all that it calls, in the order in which they are first met. */
function reachable(
  main: ReadFunction,
  find: (place: FunctionPlace) => ReadFunction,
): ReadonlySet<ReadFunction> {
  const found = new Set([main]);
  // What is added while it goes on is visited as well.
  for (const fn of found) for (const place of fn.callees) found.add(find(place));
  return found;
}

type Linked = Pick<ProgramSpec, "instructions" | "functions" | "relocations">;

function link({ btf }: ObjectParts, functions: readonly ReadFunction[]): Linked {
  const instructions: Instruction[] = [];
  const heads: ProgramFunction[] = [];
  const relocations: CoreRelocationSite[] = [];
  for (const [number, fn] of functions.entries()) {
    const start = instructions.length;
    heads.push({ name: fn.name, index: start, parameters: fn.parameters });
    for (const { index, core } of fn.relocations) relocations.push({ index: start + index, core });
    const [first, ...rest] = fn.instructions;
    if (first === undefined) continue;
    instructions.push(number === 0 ? first : { ...first, label: fn.label }, ...rest);
  }
  return { instructions, ...(btf === undefined ? {} : { functions: heads, relocations }) };
}
