/**
 * Reading programs: each with all the functions it calls, as one list of instructions.
 *
 * An object file has functions in several sections, and leaves what refers to other things to relocations. Here a
 * program starts with its main function, every function that is called from what is there goes behind, and what
 * instructions refer to is named: maps and variables by their names, functions by labels.
 * @module
 */
import { cString } from "../../base/bytes.ts";
import { didYouMean } from "../../base/text.ts";
import { findSection } from "../../elf/tables.ts";
import type { Instruction } from "../../isa/instruction.ts";
import type { CoreRelocationSite } from "../../spec/core-relocation.ts";
import { programSpec, type ProgramFunction, type ProgramSpec } from "../../spec/program-spec.ts";
import { textSection } from "../code-layout.ts";
import { sectionMeaning, sectionPrefixes, type SectionMeaning } from "../section-name.ts";
import { readFunctions, type FunctionPlace, type ReadFunction } from "./read-functions.ts";
import { complain, type ObjectParts } from "./parts.ts";
import type { ReadVariables } from "./read-variables.ts";
import { sectionTarget } from "./section-target.ts";

/**
 * The programs of an object file by the names of their functions.
 * @throws {MalformedError} when code or its relocations are damaged.
 */
export function readPrograms(
  parts: ObjectParts,
  variables: ReadVariables,
): Map<string, ProgramSpec> {
  const functions = readFunctions(parts, variables);
  const license = readLicense(parts);
  const mains = functions.all.filter(isMain);
  const callbacks = exceptionCallbacks(parts);
  const byName = Map.groupBy(functions.all, ({ name }) => name);
  let room = mostInstructions;
  const programs = mains.map((main) => {
    const callback = main.type && callbacks.get(main.type);
    const extra = (callback !== undefined && byName.get(callback)) || [];
    const all = [...reachable([main, ...extra], functions.find)];
    room -= all.reduce((sum, { instructions }) => sum + instructions.length, 0);
    if (room < 0) complain(parts, [main.section.name, main.name], tooMany);
    const spec = { ...specOf(parts, main, license), ...link(parts, all), ...undecodable(all) };
    return [main.name, spec] as const;
  });
  return new Map(programs);
}

/**
 * Instructions that all programs have together, each with what it calls: a bound for damaged files. Of one program the kernel
 * takes 1,000,000.
 */
const mostInstructions = 1 << 24;
const tooMany = `the programs up to here have more than ${mostInstructions} instructions, with the functions they call`;

/** Texts end with a zero, or with their section. */
function readLicense({ file }: ObjectParts): string {
  const section = findSection(file, "license");
  return section === undefined ? "" : cString(section.bytes);
}

/**
 * Whether a function is a program, and not only called by others: those in `.text` are not.
 * Source: `prog_is_subprog` in tools/lib/bpf/libbpf.c since libbpf 1.0.
 */
function isMain({ section, isGlobal }: ReadFunction): boolean {
  return section.name !== textSection && isGlobal;
}

function specOf(parts: ObjectParts, main: ReadFunction, license: string): ProgramSpec {
  const { name, section } = main;
  const meaning = sectionMeaning(section.name) ?? untyped;
  const { type, expectedAttachType, flags } = meaning;
  const attach = expectedAttachType === undefined ? {} : { expectedAttachType };
  const target = sectionTarget(meaning);
  const why = refusalOf(parts, section.name, meaning);
  return {
    ...programSpec({ name, type, target, license, flags, ...attach }, []),
    section: section.name,
    ...(section.name.startsWith("?") ? { autoload: false } : {}),
    ...(why === undefined ? {} : { refusal: why }),
    ...(parts.fileTypes === undefined ? {} : { fileTypes: parts.fileTypes }),
  };
}

/** A refusal of the program of these functions when one of them has instructions that are not known here. */
function undecodable(functions: readonly ReadFunction[]): Pick<ProgramSpec, "refusal"> {
  const unknown = functions.find((fn) => fn.undecodable !== undefined);
  if (unknown === undefined) return {};
  return { refusal: `function "${unknown.name}" cannot be understood: ${unknown.undecodable}` };
}

/** Stands for what a section's name does not say. */
const untyped: SectionMeaning = {
  type: "socket_filter",
  expectedAttachType: undefined,
  flags: [],
  prefix: "",
  rest: "",
};

/** Why a program that can be looked at cannot be loaded. */
function refusalOf(
  { file, foreign }: ObjectParts,
  section: string,
  meaning: SectionMeaning,
): string | undefined {
  if (foreign) {
    return `it is for machines with the ${file.byteOrder} byte first: compile it for this one`;
  }
  if (meaning !== untyped) return undefined;
  const word = section.split("/")[0]!;
  const hint = didYouMean(word, sectionPrefixes) ?? 'name the section after a type, such as "xdp"';
  return `the name of its section "${section}" says no type of program: ${hint}`;
}

/**
 * Names of functions that others say with `__exception_cb(…)` shall run when they throw, by the ids of those others:
 * nothing calls them. Source: `exception_callback:` in tools/lib/bpf/libbpf.c. Linux 6.7.
 */
function exceptionCallbacks({ btf }: ObjectParts): ReadonlyMap<number, string> {
  const tag = "exception_callback:";
  const tags = btf === undefined ? [] : [...btf.types("decl_tag")];
  const found = tags.filter(({ name }) => name.startsWith(tag));
  return new Map(found.map(({ type, name }) => [type, name.slice(tag.length)]));
}

/** Functions and all that they call, each followed by what it calls itself, as libbpf places them. */
function reachable(
  mains: readonly ReadFunction[],
  find: (place: FunctionPlace) => ReadFunction,
): ReadonlySet<ReadFunction> {
  const found = new Set<ReadFunction>();
  // A stack of its own: damaged files may call from function to function very many times.
  const pending = mains.toReversed();
  for (let fn = pending.pop(); fn !== undefined; fn = pending.pop()) {
    if (found.has(fn)) continue;
    found.add(fn);
    for (const place of fn.callees.toReversed()) pending.push(find(place));
  }
  return found;
}

type Linked = Pick<ProgramSpec, "instructions" | "functions" | "relocations" | "externs">;

function link({ btf }: ObjectParts, functions: readonly ReadFunction[]): Linked {
  const instructions: Instruction[] = [];
  const heads: ProgramFunction[] = [];
  const relocations: CoreRelocationSite[] = [];
  for (const [number, fn] of functions.entries()) {
    const start = instructions.length;
    const { name, parameters, type } = fn;
    heads.push({ name, index: start, parameters, ...(type === undefined ? {} : { type }) });
    for (const { index, ...site } of fn.relocations)
      relocations.push({ ...site, index: start + index });
    const [first, ...rest] = fn.instructions;
    if (first === undefined) continue;
    instructions.push(number === 0 ? first : { ...first, label: fn.label }, ...rest);
  }
  const externs = [...new Set(functions.flatMap((fn) => fn.externs))];
  const used = externs.length === 0 ? {} : { externs };
  return { instructions, ...used, ...(btf === undefined ? {} : { functions: heads, relocations }) };
}
