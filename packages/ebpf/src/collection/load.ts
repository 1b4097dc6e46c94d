/**
 * From specs to a loaded collection.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";
import { compiledAhead } from "../capture/compiled-ahead.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { PerCpuArrayMap } from "../map/array-map.ts";
import type { BpfMap } from "../map/bpf-map.ts";
import { createMapHandle, liveElementMap, type LiveElementMap } from "../map/create.ts";
import type { ProgArrayMap } from "../map/prog-array-map.ts";
import { loadProgram } from "../program/load.ts";
import type { Program } from "../program/program.ts";
import {
  type AnyProgramSpec,
  CollectionParts,
  type CollectionSpec,
} from "../spec/collection-spec.ts";
import type { MapSpec, RingbufSpec } from "../spec/map-spec.ts";
import type { ProgramSpec } from "../spec/program-spec.ts";
import type { SourceProgramSpec } from "../spec/source-program.ts";
import { RingBuffer } from "../stream/ring-buffer.ts";
import { Collection } from "./collection.ts";
import type { CompileOptions } from "./compile.ts";

/** The live object of a spec. */
export type Live<Spec> =
  Spec extends RingbufSpec<infer Event>
    ? RingBuffer<Event>
    : Spec extends ProgramSpec
      ? Program<Spec>
      : Spec extends SourceProgramSpec<infer Target>
        ? Program<ProgramSpec<Target>>
        : LiveElementMap<Spec>;

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
  return loadParts(kernel, spec, new CollectionParts(spec));
}

/**
 * The same after compiling the programs that are written in TypeScript. Maps that they use and `spec` does not name
 * are loaded too, under their own names.
 * @throws {CompileError} with all that is wrong with a program.
 */
export async function compileAndLoad<const Spec extends CollectionSpec>(
  kernel: Kernel,
  spec: Spec,
  options: CompileOptions = {},
): Promise<Loaded<Spec>> {
  assertNamesFree(Object.keys(spec));
  const parts = new CollectionParts(spec);
  takeCompiled(parts);
  if ([...parts.programs.values()].some(isSource)) {
    // The compiler is large, and most collections do without.
    const { compileParts } = await import("./compile.ts");
    compileParts(kernel, parts, options);
  }
  return loadParts(kernel, spec, parts);
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

function loadParts<Spec extends CollectionSpec>(
  kernel: Kernel,
  spec: Spec,
  parts: CollectionParts,
): Loaded<Spec> {
  using resources = new DisposableStack();
  const maps = createMaps(kernel, parts.maps, resources);
  const programs = loadPrograms(kernel, { specs: parts.programs, maps, resources });
  for (const { array, index, program } of parts.entries) {
    (maps.get(array) as ProgArrayMap).set(index, programs.get(program)!);
  }
  const collection = new Collection({ kernel, maps, programs, resources: resources.move() });
  const named = [...maps, ...programs].filter(([key]) => Object.hasOwn(spec, key));
  return Object.assign(collection, Object.fromEntries(named)) as Loaded<Spec>;
}

function createMaps(
  kernel: Kernel,
  specs: ReadonlyMap<string, MapSpec>,
  resources: DisposableStack,
): Map<string, BpfMap> {
  const maps = new Map<string, BpfMap>();
  const bySpec = new Map<MapSpec, BpfMap>();
  // Loss counters come first: ring buffers read them.
  const ordered = [...specs].toSorted(([, left], [, right]) => rank(left) - rank(right));
  for (const [key, spec] of ordered) {
    const map = resources.use(createLiveMap(kernel, spec, bySpec));
    maps.set(key, map);
    bySpec.set(spec, map);
  }
  return maps;
}

function rank(spec: MapSpec): number {
  return spec.type === "ringbuf" ? 1 : 0;
}

function createLiveMap(
  kernel: Kernel,
  spec: MapSpec,
  bySpec: ReadonlyMap<MapSpec, BpfMap>,
): BpfMap {
  const handle = createMapHandle(kernel, spec);
  if (spec.type !== "ringbuf") return liveElementMap(kernel, spec, handle);
  const lossCounter = spec.lossCounter && bySpec.get(spec.lossCounter);
  using stack = new DisposableStack();
  stack.use(handle);
  const ring = new RingBuffer({
    kernel,
    spec,
    handle,
    lossCounter: lossCounter instanceof PerCpuArrayMap ? lossCounter : undefined,
  });
  stack.move();
  return ring;
}

interface ProgramsToLoad {
  readonly specs: ReadonlyMap<string, AnyProgramSpec>;
  readonly maps: ReadonlyMap<string, BpfMap>;
  readonly resources: DisposableStack;
}

function loadPrograms(
  kernel: Kernel,
  { specs, maps, resources }: ProgramsToLoad,
): Map<string, Program> {
  const handles = new Map([...maps.values()].map((map) => [map.name, map.handle]));
  const programs = new Map<string, Program>();
  for (const [key, spec] of specs) {
    assertCompiled(spec);
    programs.set(key, resources.use(loadProgram(kernel, spec, handles)));
  }
  return programs;
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
