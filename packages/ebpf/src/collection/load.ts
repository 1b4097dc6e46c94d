/**
 * From specs to a loaded collection.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";
import { didYouMean } from "../base/text.ts";
import { compiledAhead } from "../capture/compiled-ahead.ts";
import type { Handle } from "../kernel/handle.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { createStructOps, type StructOps } from "../link/struct-ops.ts";
import { PerCpuArrayMap } from "../map/array-map.ts";
import type { BpfMap } from "../map/bpf-map.ts";
import {
  createMapHandle,
  type ElementMapSpec,
  liveElementMap,
  type LiveElementMap,
} from "../map/create.ts";
import { createOrOpenPinnedHandle } from "../map/open.ts";
import { OuterMap } from "../map/outer-map.ts";
import type { ProgArrayMap } from "../map/prog-array-map.ts";
import { loadProgram } from "../program/load.ts";
import type { LoadProgramOptions } from "../program/prepare.ts";
import type { Program } from "../program/program.ts";
import { isForProgram } from "../program/replaced-function.ts";
import {
  type AnyProgramSpec,
  CollectionParts,
  type CollectionSpec,
  type StructOpsPart,
} from "../spec/collection-spec.ts";
import {
  isGlobalSpec,
  type MapSpec,
  type OuterMapSpec,
  type PerfEventArraySpec,
  type RingbufSpec,
  type UserRingbufSpec,
} from "../spec/map-spec.ts";
import type { ProgramSpec } from "../spec/program-spec.ts";
import { inSections, isPlaced, sectionMaps } from "../spec/section-maps.ts";
import type { SourceProgramSpec } from "../spec/source-program.ts";
import type { StructOpsSpec } from "../spec/struct-ops.ts";
import { PerfBuffer } from "../stream/perf-buffer.ts";
import { RingBuffer } from "../stream/ring-buffer.ts";
import { UserRingBuffer } from "../stream/user-ring-buffer.ts";
import { Collection } from "./collection.ts";
import type { CompileOptions } from "./compile.ts";

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

/** Paths on a bpffs by the names of maps in the collection. */
export type Pins = Readonly<Record<string, string>>;

/** How what depends on the kernel gets into the programs. */
export type RelocateOptions = Pick<LoadProgramOptions, "relocator" | "btf" | "report">;

/** Options of loading a collection. */
export interface LoadCollectionOptions extends CompileOptions, RelocateOptions {
  /**
   * Maps to share with others, and with later runs: the map that is pinned at the path, or a new one, which is pinned
   * there. What is pinned must be as the spec says; variables keep the values they have there.
   */
  readonly pins?: Pins;
}

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
  assertNamesFree(Object.keys(spec));
  return loadParts(kernel, spec, { parts: new CollectionParts(spec), pins: {} });
}

/**
 * The same for what an object file says. Its names are not ours: those that would hide a member of `Collection` are only
 * found in `maps` and `programs`.
 */
export function loadNamed(
  kernel: Kernel,
  spec: CollectionSpec,
  { pins, ...relocate }: { readonly pins: Pins } & RelocateOptions,
): Collection {
  const free = Object.entries(spec).filter(([name]) => !reserved.has(name));
  const parts = new CollectionParts(spec);
  return loadParts(kernel, Object.fromEntries(free), { parts, pins, relocate });
}

/**
 * The same after compiling the programs that are written in TypeScript. Maps that they use and `spec` does not name
 * are loaded too, under their own names.
 * @throws {CompileError} with all that is wrong with a program.
 */
export async function compileAndLoad<const Spec extends CollectionSpec>(
  kernel: Kernel,
  spec: Spec,
  { pins = {}, relocator, btf, report, ...options }: LoadCollectionOptions = {},
): Promise<Loaded<Spec>> {
  assertNamesFree(Object.keys(spec));
  const parts = new CollectionParts(spec);
  takeCompiled(parts);
  if ([...parts.programs.values()].some(isSource)) {
    // The compiler is large, and most collections do without.
    const { compileParts } = await import("./compile.ts");
    compileParts(kernel, parts, options);
  }
  return loadParts(kernel, spec, { parts, pins, relocate: { relocator, btf, report } });
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

interface PartsToLoad {
  readonly parts: CollectionParts;
  readonly pins: Pins;
  readonly relocate?: RelocateOptions;
}

function loadParts<Spec extends CollectionSpec>(
  kernel: Kernel,
  spec: Spec,
  { parts, pins, relocate = {} }: PartsToLoad,
): Loaded<Spec> {
  using resources = new DisposableStack();
  assertPinsNamed(pins, [...parts.maps.keys()]);
  const maps = createMaps(kernel, parts.maps, { pins, resources });
  const programs = loadPrograms(kernel, { specs: parts.programs, maps, resources, relocate });
  for (const { array, index, program } of parts.entries) {
    (maps.get(array) as ProgArrayMap).set(index, programs.get(program)!);
  }
  const structOps = createAllStructOps(kernel, parts.structOps, { programs, resources });
  const hold = { kernel, maps, programs, structOps };
  const collection = new Collection({ ...hold, resources: resources.move() });
  const named = [...maps, ...programs, ...structOps].filter(([key]) => Object.hasOwn(spec, key));
  return Object.assign(collection, Object.fromEntries(named)) as Loaded<Spec>;
}

function createMaps(
  kernel: Kernel,
  specs: ReadonlyMap<string, MapSpec>,
  { pins, resources }: { readonly pins: Pins; readonly resources: DisposableStack },
): Map<string, BpfMap> {
  const maps = new Map<string, BpfMap>();
  const bySpec = new Map<MapSpec, BpfMap>();
  const sections = createSections(kernel, specs.values(), resources);
  // Loss counters come first: ring buffers read them.
  const ordered = [...specs].toSorted(([, left], [, right]) => rank(left) - rank(right));
  for (const [key, spec] of ordered) {
    const path = pins[key];
    const section = isPlaced(spec) ? sections.get(spec.within.section) : undefined;
    const handle =
      section?.duplicate() ??
      (path === undefined
        ? createMapHandle(kernel, spec)
        : createOrOpenPinnedHandle(kernel, path, spec));
    const map = resources.use(liveMap(kernel, { spec, handle, bySpec }));
    maps.set(key, map);
    bySpec.set(spec, map);
  }
  for (const map of maps.values()) if (map instanceof OuterMap) fillOuterMap(map, maps);
  return maps;
}

/** Puts the maps in that its specification says are in it from the start. */
function fillOuterMap(
  outer: OuterMap<unknown, MapSpec, BpfMap>,
  maps: ReadonlyMap<string, BpfMap>,
): void {
  const { entries = [] } = outer.spec as OuterMapSpec<"array_of_maps", unknown, MapSpec>;
  for (const { index, map } of entries) {
    const inner = maps.get(map);
    if (inner !== undefined) outer.set(index, inner);
    else throw new InvalidArgumentError(`map "${outer.name}" holds "${map}", which is not there`);
  }
}

/** Maps of the sections that variables lie in, by their names; variables hold on to them by themselves. */
function createSections(
  kernel: Kernel,
  specs: Iterable<MapSpec>,
  resources: DisposableStack,
): ReadonlyMap<string, Handle> {
  const sections = [...sectionMaps(specs)];
  return new Map(
    sections.map(([name, spec]) => [name, resources.use(createMapHandle(kernel, spec))]),
  );
}

function rank(spec: MapSpec): number {
  return spec.type === "ringbuf" ? 1 : 0;
}

function assertPinsNamed(pins: Pins, names: readonly string[]): void {
  const unknown = Object.keys(pins).find((name) => !names.includes(name));
  if (unknown === undefined) return;
  const hint = didYouMean(unknown, names) ?? `its maps are ${names.join(", ")}`;
  throw new InvalidArgumentError(`the collection has no map "${unknown}" to pin`, { hint });
}

interface MapParts<Spec extends MapSpec> {
  readonly spec: Spec;
  readonly handle: Handle;
  readonly bySpec: ReadonlyMap<MapSpec, BpfMap>;
}

/** The live map over `handle`, which it owns from now on, also when this throws. */
function liveMap(kernel: Kernel, { spec, handle, bySpec }: MapParts<MapSpec>): BpfMap {
  if (isElementSpec(spec)) return liveElementMap(kernel, spec, handle);
  using stack = new DisposableStack();
  stack.use(handle);
  const stream = createStream(kernel, { spec, handle, bySpec });
  stack.move();
  return stream;
}

type StreamSpec = Exclude<MapSpec, ElementMapSpec>;

function isElementSpec(spec: MapSpec): spec is ElementMapSpec {
  return "key" in spec || isGlobalSpec(spec);
}

function createStream(kernel: Kernel, { spec, handle, bySpec }: MapParts<StreamSpec>): BpfMap {
  if (spec.type === "perf_event_array") return new PerfBuffer({ kernel, spec, handle });
  if (spec.type === "user_ringbuf") return new UserRingBuffer({ kernel, spec, handle });
  const counter = spec.lossCounter && bySpec.get(spec.lossCounter);
  const lossCounter = counter instanceof PerCpuArrayMap ? counter : undefined;
  return new RingBuffer({ kernel, spec, handle, lossCounter });
}

interface ProgramsToLoad {
  readonly specs: ReadonlyMap<string, AnyProgramSpec>;
  readonly maps: ReadonlyMap<string, BpfMap>;
  readonly resources: DisposableStack;
  readonly relocate: RelocateOptions;
}

function loadPrograms(
  kernel: Kernel,
  { specs, maps, resources, relocate }: ProgramsToLoad,
): Map<string, Program> {
  const handles = new Map([...maps.values()].map((map) => [map.name, map.handle]));
  const programs = new Map<string, Program>();
  // Programs for programs come last: what they are for has to be there.
  const ordered = [...specs].toSorted(([, left], [, right]) => turnOf(left) - turnOf(right));
  for (const [key, spec] of ordered) {
    assertCompiled(spec);
    const replaces = replacedBy(spec, programs);
    const placed = inSections(spec, specsOf(maps));
    const program = loadProgram(kernel, placed, handles, { ...relocate, replaces });
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

/** The program that `spec` is for, among those loaded. */
function replacedBy(
  { target }: ProgramSpec,
  programs: ReadonlyMap<string, Program>,
): Program | undefined {
  if (!isForProgram(target)) return undefined;
  return [...programs.values()].find(({ name }) => name === target.program);
}

function createAllStructOps(
  kernel: Kernel,
  parts: ReadonlyMap<string, StructOpsPart>,
  loaded: { readonly programs: ReadonlyMap<string, Program>; readonly resources: DisposableStack },
): Map<string, StructOps> {
  const all = new Map<string, StructOps>();
  for (const [key, { spec, programs }] of parts) {
    const members = [...programs].map(
      ([member, program]) => [member, loaded.programs.get(program)!] as const,
    );
    const made = createStructOps(kernel, spec, new Map(members));
    all.set(key, loaded.resources.use(made));
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
