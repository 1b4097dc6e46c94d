/**
 * The maps of a collection: created, found where they are pinned, or taken from whoever has them open.
 *
 * Variables of one section of an object file are one map, named as the loaders of C name it; those in an arena lie in the
 * arena's memory. Programs are none of this file's business: they find maps by name.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";
import { didYouMean } from "../base/text.ts";
import type { FileBtfs } from "../kernel/file-btfs.ts";
import type { Handle, HasHandle } from "../kernel/handle.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { Arena } from "../map/arena.ts";
import { PerCpuArrayMap } from "../map/array-map.ts";
import type { BpfMap } from "../map/bpf-map.ts";
import { createMapHandle, type ElementMapSpec, liveElementMap } from "../map/create.ts";
import { differencesFrom } from "../map/definition.ts";
import { GlobalVariable } from "../map/global-variable.ts";
import { createOrOpenPinnedHandle } from "../map/open.ts";
import { OuterMap } from "../map/outer-map.ts";
import { isGlobalSpec, type MapSpec, type OuterMapSpec } from "../spec/map-spec.ts";
import { resized } from "../spec/resized.ts";
import { arenaSection, isPlaced, sectionMaps } from "../spec/section-maps.ts";
import { PerfBuffer } from "../stream/perf-buffer.ts";
import { RingBuffer } from "../stream/ring-buffer.ts";
import { UserRingBuffer } from "../stream/user-ring-buffer.ts";

/** Paths on a bpffs by the names of maps in the collection. */
export type Pins = Readonly<Record<string, string>>;

/** Where maps come from that are not made for the collection alone. */
export interface MapOrigins {
  /**
   * Maps to share with others, and with later runs: the map that is pinned at the path, or a new one, which is pinned
   * there. What is pinned must be as the spec says; variables keep the values they have there.
   */
  readonly pins?: Pins | undefined;
  /**
   * Folder on a bpffs for maps that are pinned by name (`LIBBPF_PIN_BY_NAME` in C): each is the map that is pinned there
   * under its name, with `_` for dots, or a new one. /sys/fs/bpf when left out.
   */
  readonly pinFolder?: string | undefined;
  /**
   * Open maps by the names of those whose place they take. They are lent: the collection has a hold of its own on each. Of
   * a section of variables the map is named as in the kernel: `tracer.bss`.
   */
  readonly replaceMaps?: Readonly<Record<string, HasHandle>> | undefined;
}

/** Where maps that are pinned by name lie. */
const defaultPinFolder = "/sys/fs/bpf";

/**
 * The live maps of `specs` by their keys, which `resources` closes.
 * @throws {InvalidArgumentError} when an option names a map that is not there, or what is pinned or given is another map.
 */
export function createMaps(
  kernel: Kernel,
  specs: ReadonlyMap<string, MapSpec>,
  { resources, fileBtfs, ...options }: MapOrigins & HeldByMaps,
): Map<string, BpfMap> {
  assertNamed(options, specs);
  return new MapCreator(kernel, { options, resources, fileBtfs, specs }).all();
}

interface HeldByMaps {
  readonly resources: DisposableStack;
  /** The types of object files that are loaded by now. */
  readonly fileBtfs: FileBtfs;
}

interface ToCreate extends HeldByMaps {
  readonly options: MapOrigins;
  readonly specs: ReadonlyMap<string, MapSpec>;
}

class MapCreator {
  readonly #kernel: Kernel;
  readonly #options: MapOrigins;
  readonly #resources: DisposableStack;
  readonly #fileBtfs: FileBtfs;
  readonly #specs: ReadonlyMap<string, MapSpec>;
  readonly #maps = new Map<string, BpfMap>();
  readonly #bySpec = new Map<MapSpec, BpfMap>();

  constructor(kernel: Kernel, { options, resources, fileBtfs, specs }: ToCreate) {
    this.#kernel = kernel;
    this.#options = options;
    this.#resources = resources;
    this.#fileBtfs = fileBtfs;
    this.#specs = specs;
  }

  all(): Map<string, BpfMap> {
    const sections = this.#sections();
    // Arenas have variables in them, and ring buffers read loss counters.
    const ordered = [...this.#specs].toSorted(([, left], [, right]) => rank(left) - rank(right));
    for (const [key, spec] of ordered) {
      const map = this.#resources.use(this.#one(key, spec, sections));
      this.#maps.set(key, map);
      this.#bySpec.set(spec, map);
    }
    for (const [key, map] of this.#maps) {
      if (map instanceof OuterMap && this.#replacement(key) === undefined) this.#fill(map);
    }
    return this.#maps;
  }

  /** Maps of the sections that variables lie in, by their names; variables hold on to them by themselves. */
  #sections(): ReadonlyMap<string, Handle> {
    const sections = [...sectionMaps(this.#specs.values())];
    return new Map(
      sections.map(([section, spec]) => {
        return [section, this.#resources.use(this.#open(spec.name, spec).handle)];
      }),
    );
  }

  #one(key: string, spec: MapSpec, sections: ReadonlyMap<string, Handle>): BpfMap {
    if (!isPlaced(spec)) return this.#live(this.#open(key, spec));
    const section = sections.get(spec.within.section);
    if (section !== undefined) return this.#live({ spec, handle: section.duplicate() });
    const arena = this.#arena(spec.name);
    return GlobalVariable.inArena(this.#kernel, spec, arena);
  }

  /** The arena that variables lie in: an object file has one. */
  #arena(variable: string): Arena {
    const [arena, other] = [...this.#maps.values()].filter((map) => map instanceof Arena);
    if (arena !== undefined && other === undefined) return arena;
    const found = other === undefined ? "no arena" : "several arenas";
    throw new InvalidArgumentError(
      `variable "${variable}" lies in an arena, and there is ${found}`,
      { hint: "declare one map of BPF_MAP_TYPE_ARENA along with the variables" },
    );
  }

  /** A handle of the map that `spec` is of, and the spec as that map is. */
  #open(key: string, spec: MapSpec): OpenMap {
    const { pins = {}, pinFolder = defaultPinFolder } = this.#options;
    const replacement = this.#replacement(key);
    if (replacement !== undefined) return this.#replaced(key, spec, replacement);
    const byName =
      spec.pinning === undefined ? undefined : `${pinFolder}/${spec.name.replaceAll(".", "_")}`;
    const path = ownEntry(pins, key) ?? byName;
    const handle =
      path === undefined
        ? createMapHandle(this.#kernel, spec, this.#fileBtfs)
        : createOrOpenPinnedHandle(this.#kernel, path, spec, this.#fileBtfs);
    return { spec, handle };
  }

  #replacement(key: string): HasHandle | undefined {
    return ownEntry(this.#options.replaceMaps ?? {}, key);
  }

  /** It may have another number of elements than the spec says. */
  #replaced(key: string, spec: MapSpec, { handle }: HasHandle): OpenMap {
    const info = this.#kernel.bpf("objGetInfoByFd", { object: handle });
    if (info.kind !== "map") {
      throw new InvalidArgumentError(`what shall replace map "${key}" is a ${info.kind}`);
    }
    const like = resized(spec, info.maxEntries);
    const differences = differencesFrom(like, info);
    if (differences.length > 0) {
      throw new InvalidArgumentError(
        `the map that shall replace "${key}" is another one: ${differences.join(", ")}`,
        { hint: "open or create it as the spec of that name says" },
      );
    }
    return { spec: isGlobalSpec(spec) ? spec : like, handle: handle.duplicate() };
  }

  /** Puts the maps in that its specification says are in it from the start. */
  #fill(outer: OuterMap<unknown, MapSpec, BpfMap>): void {
    const { entries = [] } = outer.spec as OuterMapSpec<"array_of_maps", unknown, MapSpec>;
    for (const { index, map } of entries) {
      const inner = this.#maps.get(map);
      if (inner !== undefined) outer.set(index, inner);
      else throw new InvalidArgumentError(`map "${outer.name}" holds "${map}", which is not there`);
    }
  }

  /** The live map over a handle, which it owns from now on, also when this throws. */
  #live({ spec, handle }: OpenMap): BpfMap {
    if (isElementSpec(spec)) return liveElementMap(this.#kernel, spec, handle);
    using stack = new DisposableStack();
    stack.use(handle);
    const stream = this.#stream(spec, handle);
    stack.move();
    return stream;
  }

  #stream(spec: StreamSpec, handle: Handle): BpfMap {
    const kernel = this.#kernel;
    if (spec.type === "perf_event_array") return new PerfBuffer({ kernel, spec, handle });
    if (spec.type === "user_ringbuf") return new UserRingBuffer({ kernel, spec, handle });
    const counter = spec.lossCounter && this.#bySpec.get(spec.lossCounter);
    const lossCounter = counter instanceof PerCpuArrayMap ? counter : undefined;
    return new RingBuffer({ kernel, spec, handle, lossCounter });
  }
}

interface OpenMap {
  readonly spec: MapSpec;
  readonly handle: Handle;
}

type StreamSpec = Exclude<MapSpec, ElementMapSpec>;

function isElementSpec(spec: MapSpec): spec is ElementMapSpec {
  return "key" in spec || isGlobalSpec(spec);
}

function rank({ type }: MapSpec): number {
  return type === "arena" ? 0 : type === "ringbuf" ? 2 : 1;
}

function ownEntry<Value>(entries: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(entries, key) ? entries[key] : undefined;
}

/** Maps can be pinned and replaced; variables of a section only along with it. */
function assertNamed(options: MapOrigins, specs: ReadonlyMap<string, MapSpec>): void {
  const places = new Map([...specs].map(([key, spec]) => [key, mapNameOf(key, spec)]));
  const names = [...new Set(places.values())];
  for (const name of Object.keys({ ...options.pins, ...options.replaceMaps })) {
    if (names.includes(name)) continue;
    const place = places.get(name);
    const hint =
      place === undefined
        ? (didYouMean(name, names) ?? `its maps are ${names.join(", ")}`)
        : `it is a variable, and lies in map "${place}" with others`;
    const what = Object.hasOwn(options.pins ?? {}, name) ? "pin" : "replace";
    throw new InvalidArgumentError(`the collection has no map "${name}" to ${what}`, { hint });
  }
}

/** The name under which options speak of a map, or of the one that a variable lies in. */
function mapNameOf(key: string, spec: MapSpec): string {
  if (!isPlaced(spec)) return key;
  return spec.within.section === arenaSection ? "the arena" : spec.within.map;
}
