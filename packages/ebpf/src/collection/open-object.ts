/**
 * Object files opened: what is in one can be looked at and changed, and is then loaded as a collection.
 *
 * Nothing here is a second way of loading: opening gives specs, changes are changes of those, and what they say goes the
 * way of all specs. Values of maps and variables are decoded with layouts that come from the types in the file.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";
import { didYouMean } from "../base/text.ts";
import { elfByteOrder } from "../elf/read.ts";
import { machineOrder } from "../isa/slot.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { Layout } from "../layout/layout.ts";
import type { ObjectFile } from "../object/link/input.ts";
import { readObject } from "../object/read/read-object.ts";
import { typeInObject } from "../object/read/type-in-object.ts";
import type { CollectionSpec } from "../spec/collection-spec.ts";
import { isGlobalSpec, type MapSpec } from "../spec/map-spec.ts";
import type { ProgramSpec } from "../spec/program-spec.ts";
import { resized, withEvents, withInner, withPrograms } from "../spec/resized.ts";
import { KernelSettings } from "./kernel-settings.ts";
import type { MapOrigins } from "./create-maps.ts";
import { loadNamed, type RelocateOptions } from "./load.ts";
import { isProgArray, withReferences } from "./object-references.ts";
import { programsInStructs, withKernelMembers } from "./object-struct-ops.ts";
import type { LoadedObject, ObjectChanges } from "./object-types.ts";

/** What is there of the changes, whose names only types know. */
type WantedChanges = {
  readonly [What in keyof ObjectChanges]: Readonly<
    Record<string, Exclude<NonNullable<ObjectChanges[What]>[string], undefined>>
  >;
};

/** An object file that was read, and for which kernel. Nothing of it is loaded yet, so there is nothing to close. */
export class OpenObject<Spec extends CollectionSpec = CollectionSpec> {
  readonly #kernel: Kernel;
  readonly #file: ObjectFile;
  readonly #specs: Map<string, CollectionSpec[string]>;

  /** @throws {MalformedError} when the file is damaged. */
  constructor(kernel: Kernel, file: ObjectFile) {
    this.#kernel = kernel;
    this.#file = file;
    this.#specs = new Map(Object.entries(readObject(file.bytes, file.path)));
  }

  /** All that is in it now, changes included, by the names in C. */
  get spec(): Spec {
    return Object.fromEntries(this.#specs) as Spec;
  }

  /**
   * Changes it.
   * @throws {InvalidArgumentError} for a name that is not there, or is of something else. Nothing is changed then but
   * what is said before it.
   */
  change(changes: ObjectChanges<Spec>): this {
    const { maxEntries, variables, autoload, targets, programs, inner, events } =
      changes as WantedChanges;
    for (const [name, entries] of Object.entries(maxEntries ?? {})) {
      this.#specs.set(name, resized(this.#map(name), entries));
    }
    for (const [name, value] of Object.entries(variables ?? {})) this.#setVariable(name, value);
    for (const [name, isOn] of Object.entries(autoload ?? {})) this.#setAutoload(name, isOn);
    for (const [name, target] of Object.entries(targets ?? {})) {
      this.#specs.set(name, { ...this.#program(name), target });
    }
    for (const [name, held] of Object.entries(programs ?? {})) this.#setPrograms(name, held);
    for (const [name, like] of Object.entries(inner ?? {})) this.#setInner(name, like);
    for (const [name, layout] of Object.entries(events ?? {})) this.#setEvents(name, layout);
    return this;
  }

  /**
   * Creates the maps and loads the programs; nothing is attached yet. The caller closes the collection. A struct of functions
   * that the kernel does not have is left out when no program is in it, which `leftOut` of the collection tells.
   * @throws {InvalidArgumentError} when the kernel lacks a setting, function, variable or struct of functions that is wanted.
   * @throws {VerifierError} when a program is rejected; {@link PermissionError} without privileges.
   */
  load(options: MapOrigins & RelocateOptions = {}): LoadedObject<Spec> {
    assertForMachine(this.#file);
    const settings = new KernelSettings(this.#kernel);
    const loaded = [...this.#specs].filter(([, spec]) => isLoaded(spec));
    for (const [, spec] of loaded) {
      if (spec.kind === "program") assertLoadable(spec);
      if (spec.kind === "map" && isGlobalSpec(spec)) settings.set(spec);
    }
    const { parts, leftOut } = withKernelMembers(this.#kernel, new Map(loaded));
    const loadedSpec = withReferences(parts);
    return loadNamed(this.#kernel, loadedSpec, { ...options, leftOut }) as LoadedObject<Spec>;
  }

  /** A struct of functions goes along with its programs, but for those that are in other structs too. */
  #setAutoload(name: string, autoload: boolean): void {
    const struct = this.#specs.get(name);
    if (struct?.kind !== "struct-ops") {
      this.#specs.set(name, { ...this.#program(name), autoload });
      return;
    }
    this.#specs.set(name, { ...struct, autoload });
    const needed = programsInStructs(this.#specs, name);
    for (const program of Object.values(struct.programs)) {
      if (autoload || !needed.has(program.name)) this.#setAutoload(program.name, autoload);
    }
  }

  #setPrograms(name: string, held: readonly (string | undefined)[]): void {
    const spec = this.#map(name);
    if (!isProgArray(spec)) throw this.#missing("array of programs", name, `it is a ${spec.type}`);
    const programs = held.map((one) => (one === undefined ? undefined : this.#program(one)));
    this.#specs.set(
      name,
      withPrograms(spec, () => programs),
    );
  }

  #setInner(name: string, like: MapSpec | string): void {
    const spec = this.#map(name);
    if (!isOuter(spec)) throw this.#missing("map of maps", name, `it is a ${spec.type}`);
    const inner = typeof like === "string" ? this.#map(like) : like;
    if (isGlobalSpec(inner) || isOuter(inner)) {
      const what = isOuter(inner) ? "map of maps" : "variable";
      throw new InvalidArgumentError(
        `the maps in "${name}" cannot be like ${what} "${inner.name}"`,
        {
          hint: "give a map of elements, or a ring",
        },
      );
    }
    this.#specs.set(name, withInner(spec, inner));
  }

  #setEvents(name: string, layout: Layout<unknown> | string): void {
    const spec = this.#map(name);
    const isOfEvents = "value" in spec && !("key" in spec) && !isGlobalSpec(spec);
    if (!isOfEvents) throw this.#missing("ring", name, "its elements have types of their own");
    const { bytes, path } = this.#file;
    const value = typeof layout === "string" ? typeInObject(bytes, path, layout) : layout;
    this.#specs.set(name, withEvents(spec, value));
  }

  #setVariable(name: string, value: unknown): void {
    const spec = this.#map(name);
    if (!isGlobalSpec(spec)) throw this.#missing("variable", name, "it is a map");
    spec.value = value;
  }

  #map(name: string): MapSpec {
    const spec = this.#specs.get(name);
    if (spec?.kind === "map") return spec;
    throw this.#missing("map or variable", name, spec && "it is a program");
  }

  #program(name: string): ProgramSpec {
    const spec = this.#specs.get(name);
    if (spec?.kind === "program") return spec;
    throw this.#missing("program", name, spec && "it is no program");
  }

  #missing(what: string, name: string, otherwise?: string): InvalidArgumentError {
    const hint = otherwise ?? didYouMean(name, this.#specs.keys());
    return new InvalidArgumentError(
      `the object has no ${what} "${name}"`,
      hint === undefined ? {} : { hint },
    );
  }
}

function isOuter({ type }: MapSpec): boolean {
  return type === "array_of_maps" || type === "hash_of_maps";
}

/** @throws {InvalidArgumentError} when the file is for machines of the other byte order: not only its programs are. */
function assertForMachine({ bytes, path }: ObjectFile): void {
  const order = elfByteOrder(bytes);
  if (order === machineOrder) return;
  throw new InvalidArgumentError(
    `${path} cannot be loaded: it is for machines with the ${order} byte first`,
    { hint: "compile it for this one: clang -target bpf" },
  );
}

function isLoaded(spec: CollectionSpec[string]): boolean {
  return !("autoload" in spec) || (spec.autoload ?? true);
}

function assertLoadable({ name, refusal, type, target }: ProgramSpec): void {
  if (refusal !== undefined) {
    throw new InvalidArgumentError(`program "${name}" cannot be loaded: ${refusal}`, {
      hint: "leave it out with autoload",
    });
  }
  // The kernel refuses it, and does not say why.
  if (type !== "struct_ops" || target.kind === "struct_ops") return;
  throw new InvalidArgumentError(
    `program "${name}" cannot be loaded: no struct of functions holds it`,
    { hint: "set a member of a struct in .struct_ops.link to it, or leave it out with autoload" },
  );
}

/**
 * Reads an object file: a path, or its bytes. Needs no privileges but to read it.
 * @throws {MalformedError} when it is damaged; {@link NotFoundError} when there is no such file.
 * @throws {InvalidArgumentError} when it needs something that specs do not have.
 */
export function openObjectFile<Spec extends CollectionSpec = CollectionSpec>(
  kernel: Kernel,
  source: string | Uint8Array,
): OpenObject<Spec> {
  const isPath = typeof source === "string";
  const bytes = isPath ? kernel.readFile(source) : source;
  return new OpenObject<Spec>(kernel, { bytes, path: isPath ? source : "object" });
}
