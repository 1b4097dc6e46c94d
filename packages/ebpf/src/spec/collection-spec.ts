/**
 * Collection specifications: maps and programs that belong together.
 * @module
 */
import { isObject } from "../base/checks.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import { kindOf } from "../base/given.ts";
import type { MapSpec } from "./map-spec.ts";
import type { ProgArraySpec } from "./prog-array.ts";
import type { ProgramSpec } from "./program-spec.ts";
import { originOf } from "./resized.ts";
import type { SourceProgramSpec } from "./source-program.ts";
import type { StructOpsSpec } from "./struct-ops.ts";

/** Specs by the names under which their objects will be found. */
export type CollectionSpec = Readonly<Record<string, MapSpec | AnyProgramSpec | StructOpsSpec>>;

/** A program of instructions, or one that is still to be compiled. */
export type AnyProgramSpec = ProgramSpec | SourceProgramSpec;

/**
 * The name by which another program refers to `program`.
 * @throws {InvalidArgumentError} when it has none.
 */
export function nameOf(program: AnyProgramSpec): string {
  isObject(program, "the other program");
  const { name } = program;
  if (typeof name !== "string") {
    throw new InvalidArgumentError("the other program is no program", {
      hint: "give what xdp(…), tpBtf(…) and the like return",
    });
  }
  if (name !== "") return name;
  throw new InvalidArgumentError("a program without a name cannot be referred to by another one", {
    hint: "give it one: { name: … }",
  });
}

/** A program's place in an array of programs, both by their keys in the collection. */
export interface ProgArrayEntry {
  readonly array: string;
  readonly index: number;
  readonly program: string;
}

/** A struct of functions, and the keys of its programs in the collection by the names of their members. */
export interface StructOpsPart {
  readonly spec: StructOpsSpec;
  readonly programs: ReadonlyMap<string, string>;
}

/**
 * A collection spec taken apart and completed: what its parts refer to belongs to it too, under its own name.
 *
 * Compiling programs shows which maps they use, so a collection may still grow ({@link CollectionParts.addMap}) when
 * all that its spec says is there.
 */
export class CollectionParts {
  /** By key of the collection. */
  readonly maps: Map<string, MapSpec> = new Map();
  /** By key of the collection; programs without a name have got their key as name. */
  readonly programs: Map<string, AnyProgramSpec> = new Map();
  /** By key of the collection; those without a name have got their key as name. */
  readonly structOps: Map<string, StructOpsPart> = new Map();
  /** What arrays of programs hold from the start. */
  readonly entries: ProgArrayEntry[] = [];
  /** Keys by what the spec said, before programs got names. */
  readonly #keys = new Map<MapSpec | AnyProgramSpec, string>();

  /** @throws {InvalidArgumentError} when something is no spec, or two different maps have one name. */
  constructor(spec: CollectionSpec) {
    assertSpecs(spec);
    for (const [key, item] of Object.entries(spec)) {
      if (item.kind === "struct-ops") this.#putStructOps(key, item);
      else this.#put(key, item);
    }
    // Only what the spec says: what is added meanwhile adds its own.
    const maps = [...this.maps.values()];
    for (const map of maps) this.#addReferencesOf(map);
  }

  /**
   * Adds a map under its own name, and what it refers to, unless it is there.
   * @throws {InvalidArgumentError} when another one has its name.
   */
  addMap(map: MapSpec): void {
    if (this.#keys.has(originOf(map))) return;
    this.#put(this.#freeKey(map.name), map);
    this.#addReferencesOf(map);
  }

  #addReferencesOf(map: MapSpec): void {
    if (map.type === "ringbuf" && map.lossCounter !== undefined) this.addMap(map.lossCounter);
    if (map.type === "prog_array") this.#addEntriesOf(map as ProgArraySpec);
  }

  #addEntriesOf(array: ProgArraySpec): void {
    for (const [index, program] of (array.programs?.() ?? []).entries()) {
      if (program === undefined) continue;
      const key = this.#addProgram(program, `${array.name}_${index}`);
      this.entries.push({ array: this.#keys.get(originOf(array))!, index, program: key });
    }
  }

  /** Adds a program unless it is there; returns its key. */
  #addProgram(program: AnyProgramSpec, fallback: string): string {
    const known = this.#keys.get(program);
    if (known !== undefined) return known;
    const key = this.#freeKey(program.name === "" ? fallback : program.name);
    this.#put(key, program);
    return key;
  }

  #putStructOps(key: string, spec: StructOpsSpec): void {
    const programs = new Map<string, string>();
    for (const [member, program] of Object.entries(spec.programs)) {
      programs.set(member, this.#addProgram(program, `${key}_${member}`));
    }
    this.structOps.set(key, { spec: spec.name === "" ? { ...spec, name: key } : spec, programs });
  }

  #put(key: string, item: MapSpec | AnyProgramSpec): void {
    this.#keys.set(item.kind === "map" ? originOf(item) : item, key);
    if (item.kind !== "map") {
      this.programs.set(key, item.name === "" ? { ...item, name: key } : item);
      return;
    }
    this.#assertNameIsFree(item);
    this.maps.set(key, item);
  }

  #freeKey(name: string): string {
    if (!this.maps.has(name) && !this.programs.has(name)) return name;
    throw new InvalidArgumentError(
      `the collection has something called "${name}" and uses another thing of that name`,
      { hint: "give one of them another name" },
    );
  }

  #assertNameIsFree(map: MapSpec): void {
    for (const other of this.maps.values()) {
      if (other.name !== map.name) continue;
      throw new InvalidArgumentError(`the collection has two maps named "${map.name}"`, {
        hint: "programs find maps by name: give each its own",
      });
    }
  }
}

const kinds: ReadonlySet<unknown> = new Set(["map", "program", "source-program", "struct-ops"]);

/** @throws {InvalidArgumentError} when it is no object of specs, with what is in their place. */
function assertSpecs(spec: CollectionSpec): void {
  if (typeof spec !== "object" || spec === null || Array.isArray(spec)) {
    throw new InvalidArgumentError(`a collection cannot be made of ${kindOf(spec)}`, {
      hint: byName,
    });
  }
  // Nothing that can be loaded is text.
  if (typeof spec["kind"] === "string") {
    throw new InvalidArgumentError(
      "a collection is made of specs by name, and was given one alone",
      {
        hint: byName,
      },
    );
  }
  for (const [key, item] of Object.entries(spec)) assertSpec(key, item);
}

const byName = "give maps and programs by name: load({ counts, onPacket })";

function assertSpec(key: string, item: unknown): void {
  const isObject = typeof item === "object" && item !== null;
  if (isObject && "kind" in item && kinds.has(item.kind)) return;
  const isLive = isObject && "spec" in item && "closed" in item;
  const what = isLive ? "loaded already" : `${kindOf(item)}, not a map or program`;
  throw new InvalidArgumentError(`"${key}" of the collection is ${what}`, {
    hint: isLive
      ? liveHint
      : (hints[kindOf(item)] ?? "give what hashMap(…), xdp(…) and the like return"),
  });
}

const liveHint = "give its spec; a loaded map is shared with { replaceMaps: { name: map } }";

/** What to do about what is often given. */
const hints: Readonly<Record<string, string>> = {
  "a function": 'say where it runs: xdp(…), tpBtf("…", …), kprobe("…", …)',
  "a promise": "await it",
  nothing: "is it declared, and imported by its name?",
};
