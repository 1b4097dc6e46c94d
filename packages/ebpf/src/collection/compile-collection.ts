/**
 * Compiles the programs of a collection without loading them: to look at, or to write into an object file.
 *
 * All programs are compiled, also when one of them is wrong, so that everything that is wrong is told at once. Nothing
 * here asks a kernel: what to compile for is said.
 * @module
 */
import { captureFunction } from "../capture/capture.ts";
import { CompileError, type Diagnostic } from "../lang/compile-error.ts";
import {
  compileProgram,
  type CompiledProgram,
  type CompileProgramOptions,
} from "../lang/compile-program.ts";
import {
  type AnyProgramSpec,
  CollectionParts,
  type CollectionSpec,
  type StructOpsPart,
} from "../spec/collection-spec.ts";
import type { MapSpec } from "../spec/map-spec.ts";
import type { ProgArraySpec } from "../spec/prog-array.ts";
import type { ProgramSpec } from "../spec/program-spec.ts";
import type { StructOpsSpec } from "../spec/struct-ops.ts";

/** What to compile for. */
export type CompileTarget = Omit<CompileProgramOptions, "program" | "capture" | "debug">;

/** A collection whose programs are all instructions. */
export interface CompiledCollection {
  /** Maps and programs by key; complete: also what the programs use. */
  readonly spec: Readonly<Record<string, MapSpec | ProgramSpec | StructOpsSpec>>;
  /** What each program was compiled to, by key. What was instructions already has an empty `dump`. */
  readonly programs: ReadonlyMap<string, CompiledProgram>;
}

/**
 * Compiles the programs of `spec`.
 * @throws {CompileError} with all that is wrong with all of them; {@link CaptureError} when a source is not found.
 * @throws {InvalidArgumentError} when two different maps have one name.
 */
export function compileCollection(
  spec: CollectionSpec,
  target: CompileTarget = {},
): CompiledCollection {
  const parts = new CollectionParts(spec);
  const programs = new Map<string, CompiledProgram>();
  const wrong: Diagnostic[] = [];
  // Programs that are added on the way are met too: a map's iteration ends at what is its end by then.
  for (const [key, program] of parts.programs) {
    const compiled = tryCompile(program, target, wrong);
    if (compiled === undefined) continue;
    programs.set(key, compiled);
    for (const map of compiled.maps) parts.addMap(map);
  }
  if (wrong.length > 0) throw new CompileError(wrong);
  const compiledSpecs = [...programs].map(([key, compiled]) => [key, compiled.spec] as const);
  const maps = [...parts.maps].map(
    ([key, map]) => [key, withCompiled(map, parts, programs)] as const,
  );
  const structOps = [...parts.structOps].map(
    ([key, part]) => [key, withCompiledMembers(part, programs)] as const,
  );
  return { spec: Object.fromEntries([...maps, ...compiledSpecs, ...structOps]), programs };
}

/** A struct of functions has what they were compiled to. */
function withCompiledMembers(
  { spec, programs: keys }: StructOpsPart,
  programs: ReadonlyMap<string, CompiledProgram>,
): StructOpsSpec {
  const members = [...keys].map(([member, key]) => [member, programs.get(key)!.spec] as const);
  return { ...spec, programs: Object.fromEntries(members) as StructOpsSpec["programs"] };
}

function tryCompile(
  program: AnyProgramSpec,
  target: CompileTarget,
  wrong: Diagnostic[],
): CompiledProgram | undefined {
  if (program.kind === "program") return { spec: program, maps: [], dump: "" };
  try {
    return compileProgram({ ...target, capture: captureFunction, program });
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    // Functions that several programs call are wrong in each of them.
    wrong.push(...error.diagnostics.filter((one) => !wrong.some((known) => isSame(known, one))));
    return undefined;
  }
}

function isSame(left: Diagnostic, right: Diagnostic): boolean {
  return (
    left.file === right.file &&
    left.line === right.line &&
    left.column === right.column &&
    left.message === right.message
  );
}

/** An array of programs holds what they were compiled to. */
function withCompiled(
  map: MapSpec,
  { maps, entries }: CollectionParts,
  programs: ReadonlyMap<string, CompiledProgram>,
): MapSpec {
  if (map.type !== "prog_array") return map;
  const held: (ProgramSpec | undefined)[] = [];
  for (const { array, index, program } of entries) {
    if (maps.get(array) === map) held[index] = programs.get(program)!.spec;
  }
  const array: ProgArraySpec = { ...(map as ProgArraySpec), programs: () => held };
  return array;
}
