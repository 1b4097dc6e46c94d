/**
 * From specs to a loaded collection.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";
import { compiledAhead } from "../capture/compiled-ahead.ts";
import type { NotSupportedError } from "../kernel/errors.ts";
import { FileBtfs } from "../kernel/file-btfs.ts";
import type { Kernel } from "../kernel/kernel.ts";
import {
  createStructOps,
  type CreateStructOpsOptions,
  type StructOps,
} from "../link/struct-ops.ts";
import type { BpfMap } from "../map/bpf-map.ts";
import type { LiveElementMap } from "../map/create.ts";
import type { ProgArrayMap } from "../map/prog-array-map.ts";
import { assertExternsThere, KernelSymbols } from "../program/externs.ts";
import { loadProgram } from "../program/load.ts";
import type { LoadProgramOptions } from "../program/prepare.ts";
import type { Program } from "../program/program.ts";
import { CoreCandidates } from "../relocate/core-target.ts";
import { fileTables } from "../relocate/file-tables.ts";
import { isForProgram } from "../program/replaced-function.ts";
import {
  type AnyProgramSpec,
  CollectionParts,
  type CollectionSpec,
  type StructOpsPart,
} from "../spec/collection-spec.ts";
import type {
  MapSpec,
  PerfEventArraySpec,
  RingbufSpec,
  UserRingbufSpec,
} from "../spec/map-spec.ts";
import type { ProgramSpec } from "../spec/program-spec.ts";
import { inSections } from "../spec/section-maps.ts";
import type { SourceProgramSpec } from "../spec/source-program.ts";
import type { StructOpsSpec } from "../spec/struct-ops.ts";
import type { PerfBuffer } from "../stream/perf-buffer.ts";
import type { RingBuffer } from "../stream/ring-buffer.ts";
import type { UserRingBuffer } from "../stream/user-ring-buffer.ts";
import { Collection, type CollectionHold } from "./collection.ts";
import type { CompileOptions } from "./compile.ts";
import { createMaps, type MapOrigins } from "./create-maps.ts";

/** The live object of a spec. */
export type Live<Spec> =
  Spec extends RingbufSpec<infer Event>
    ? RingBuffer<Event>
    : Spec extends PerfEventArraySpec<infer Event>
      ? PerfBuffer<Event>
      : Spec extends UserRingbufSpec<infer Value>
        ? UserRingBuffer<Value>
        : Spec extends StructOpsSpec
          ? StructOps
          : Spec extends ProgramSpec
            ? Program<Spec>
            : Spec extends SourceProgramSpec<infer Target>
              ? Program<ProgramSpec<Target>>
              : LiveElementMap<Spec>;

/** How what depends on the kernel gets into the programs, what they are for, and what the verifier shall tell of them. */
export interface RelocateOptions extends Pick<
  LoadProgramOptions,
  "relocator" | "btf" | "report" | "verifierLog"
> {
  /**
   * Programs of other collections, or opened by their pins, in whose stead or on whose functions programs run
   * (`freplace`, `fentry` with `program`): those are found here by the names in their targets.
   */
  readonly replaces?: readonly Program[] | undefined;
}

/** Options of loading a collection. */
export interface LoadCollectionOptions extends CompileOptions, RelocateOptions, MapOrigins {}

/** A collection whose maps and programs are properties under the names of the spec. */
export type Loaded<Spec extends CollectionSpec> = Collection & {
  readonly [Name in keyof Spec]: Live<Spec[Name]>;
};

/**
 * Creates the maps and loads the programs of `spec`, in this order; nothing is attached yet. The caller closes the
 * collection. When anything fails, all that was made is closed again.
 * @throws {InvalidArgumentError} when a name is taken twice or would hide a member of `Collection`, or a program is
 * written in TypeScript: those are compiled by `compileAndLoad`.
 * @throws {VerifierError} when a program is rejected; {@link PermissionError} without privileges.
 */
export function loadCollection<const Spec extends CollectionSpec>(
  kernel: Kernel,
  spec: Spec,
): Loaded<Spec> {
  const parts = new CollectionParts(spec);
  assertNamesFree(Object.keys(spec));
  return loadParts(kernel, spec, { parts });
}

/**
 * The same for what an object file says. Its names are not ours: those that would hide a member of `Collection` are only
 * found in `maps` and `programs`.
 */
export function loadNamed(
  kernel: Kernel,
  spec: CollectionSpec,
  options: MapOrigins & RelocateOptions & FromObject,
): Collection {
  const free = Object.entries(spec).filter(([name]) => !reserved.has(name));
  const parts = new CollectionParts(spec);
  return loadParts(kernel, Object.fromEntries(free), { parts, ...options });
}

/**
 * The same after compiling the programs that are written in TypeScript. Maps that they use and `spec` does not name
 * are loaded too, under their own names.
 * @throws {CompileError} with all that is wrong with a program.
 */
export async function compileAndLoad<const Spec extends CollectionSpec>(
  kernel: Kernel,
  spec: Spec,
  options: LoadCollectionOptions = {},
): Promise<Loaded<Spec>> {
  const parts = new CollectionParts(spec);
  assertNamesFree(Object.keys(spec));
  takeCompiled(parts);
  if ([...parts.programs.values()].some(isSource)) {
    // The compiler is large, and most collections do without.
    const { compileParts } = await import("./compile.ts");
    compileParts(kernel, parts, options);
  }
  return loadParts(kernel, spec, { parts, ...options });
}

/** Replaces programs that were compiled when they were bundled by what they were compiled to. */
function takeCompiled(parts: CollectionParts): void {
  // Programs that are added on the way are met too: a map's iteration ends at what is its end by then.
  for (const [key, program] of parts.programs) {
    const compiled = program.kind === "program" ? undefined : compiledAhead(program);
    if (compiled === undefined) continue;
    parts.programs.set(key, compiled.spec);
    for (const map of compiled.maps) parts.addMap(map);
  }
}

function isSource({ kind }: AnyProgramSpec): boolean {
  return kind === "source-program";
}

/** What is known of parts that come from an object file. */
interface FromObject {
  /** What of the file is not among the parts; `undefined` when they come from no file. */
  readonly leftOut?: CollectionHold["leftOut"];
}

interface PartsToLoad extends MapOrigins, RelocateOptions, FromObject {
  readonly parts: CollectionParts;
}

function loadParts<Spec extends CollectionSpec>(
  kernel: Kernel,
  spec: Spec,
  {
    parts,
    pins,
    pinFolder,
    replaceMaps,
    relocator,
    btf,
    report,
    verifierLog,
    replaces,
    leftOut,
  }: PartsToLoad,
): Loaded<Spec> {
  using resources = new DisposableStack();
  using fileBtfs = new FileBtfs(kernel);
  for (const program of parts.programs.values()) addTexts(program, fileBtfs);
  const maps = createMaps(kernel, parts.maps, {
    pins,
    pinFolder,
    replaceMaps,
    resources,
    fileBtfs,
  });
  const candidates = new CoreCandidates();
  const relocate = { relocator, btf, report, verifierLog, replaces, fileBtfs, candidates };
  const programs = loadPrograms(kernel, { specs: parts.programs, maps, resources, relocate });
  for (const { array, index, program } of parts.entries) {
    (maps.get(array) as ProgArrayMap).set(index, programs.get(program)!);
  }
  const refused = leftOut === undefined ? "throw" : "keep";
  const structOps = createAllStructOps(kernel, parts.structOps, { programs, resources, refused });
  const hold = { kernel, maps, programs, structOps, leftOut };
  const collection = new Collection({ ...hold, resources: resources.move() });
  const named = [...maps, ...programs, ...structOps].filter(([key]) => Object.hasOwn(spec, key));
  for (const [key, lack] of leftOut ?? []) if (!reserved.has(key)) refuseUse(collection, key, lack);
  return Object.assign(collection, Object.fromEntries(named)) as Loaded<Spec>;
}

/** Types promise what is left out, so whoever uses it is told why it is not there. */
function refuseUse(collection: Collection, key: string, lack: NotSupportedError): void {
  Object.defineProperty(collection, key, {
    get: () => {
      throw lack;
    },
  });
}

/** Puts what programs say of lines and functions among the types of their files, which are then loaded once, with all of it. */
function addTexts(program: AnyProgramSpec, fileBtfs: FileBtfs): void {
  if (program.kind !== "program" || program.fileTypes === undefined) return;
  fileTables(program, fileBtfs.of(program.fileTypes));
}

interface ProgramsToLoad {
  readonly specs: ReadonlyMap<string, AnyProgramSpec>;
  readonly maps: ReadonlyMap<string, BpfMap>;
  readonly resources: DisposableStack;
  readonly relocate: RelocateOptions & Pick<LoadProgramOptions, "fileBtfs" | "candidates">;
}

function loadPrograms(
  kernel: Kernel,
  { specs, maps, resources, relocate }: ProgramsToLoad,
): Map<string, Program> {
  const handles = new Map([...maps.values()].map((map) => [map.name, map.handle]));
  const programs = new Map<string, Program>();
  const symbols = new KernelSymbols(kernel);
  // Before the verifier has its say: what the kernel lacks is the cause of what it says then.
  for (const spec of specs.values()) {
    if (spec.kind === "program") assertExternsThere(kernel, spec, symbols);
  }
  // Programs for programs come last: what they are for has to be there.
  const ordered = [...specs].toSorted(([, left], [, right]) => turnOf(left) - turnOf(right));
  for (const [key, spec] of ordered) {
    assertCompiled(spec);
    const replaces = replacedBy(spec, [...programs.values(), ...(relocate.replaces ?? [])]);
    const placed = inSections(spec, specsOf(maps));
    const program = loadProgram(kernel, placed, handles, { ...relocate, replaces, symbols });
    programs.set(key, resources.use(program));
  }
  return programs;
}

function specsOf(maps: ReadonlyMap<string, BpfMap>): readonly MapSpec[] {
  return [...maps.values()].map(({ spec }) => spec);
}

function turnOf({ target }: AnyProgramSpec): number {
  return isForProgram(target) ? 1 : 0;
}

/** The program that `spec` is for, among those that are loaded. */
function replacedBy({ target }: ProgramSpec, programs: readonly Program[]): Program | undefined {
  if (!isForProgram(target)) return undefined;
  return programs.find(({ name }) => name === target.program);
}

interface StructOpsToCreate extends CreateStructOpsOptions {
  readonly programs: ReadonlyMap<string, Program>;
  readonly resources: DisposableStack;
}

function createAllStructOps(
  kernel: Kernel,
  parts: ReadonlyMap<string, StructOpsPart>,
  { programs: loaded, resources, refused }: StructOpsToCreate,
): Map<string, StructOps> {
  const all = new Map<string, StructOps>();
  for (const [key, { spec, programs }] of parts) {
    const members = [...programs].map(
      ([member, program]) => [member, loaded.get(program)!] as const,
    );
    const made = createStructOps(kernel, spec, new Map(members), { refused });
    all.set(key, resources.use(made));
  }
  return all;
}

function assertCompiled(spec: AnyProgramSpec): asserts spec is ProgramSpec {
  if (spec.kind === "program") return;
  throw new InvalidArgumentError(`program "${spec.name}" is not compiled`, {
    hint: "load it with load(…), which compiles programs for the kernel",
  });
}

/** Members of a collection, which no map or program may hide. */
const reserved = new Set([
  "kernel",
  ...Object.getOwnPropertyNames(Collection.prototype),
  "maps",
  "programs",
  "structOps",
]);

function assertNamesFree(names: readonly string[]): void {
  const taken = names.find((name) => reserved.has(name));
  if (taken === undefined) return;
  throw new InvalidArgumentError(
    `"${taken}" cannot be the name of a map or program in a collection`,
    {
      hint: `collections have a member of that name; others are ${[...reserved].join(", ")}`,
    },
  );
}
