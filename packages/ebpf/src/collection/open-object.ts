/**
 * Object files opened: what is in one can be looked at and changed, and is then loaded as a collection.
 *
 * Nothing here is a second way of loading: opening gives specs, changes are changes of those, and what they say goes the
 * way of all specs. Values of maps and variables are decoded with layouts that come from the types in the file.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";
import { didYouMean } from "../base/text.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { readObject } from "../object/read/read-object.ts";
import type { CollectionSpec } from "../spec/collection-spec.ts";
import { isGlobalSpec, type MapSpec } from "../spec/map-spec.ts";
import type { AttachTarget, ProgramSpec } from "../spec/program-spec.ts";
import { resized } from "../spec/resized.ts";
import type { Collection } from "./collection.ts";
import { KernelSettings } from "./kernel-settings.ts";
import { loadNamed, type Pins, type RelocateOptions } from "./load.ts";

/** What to change in an object file before it is loaded. All names are those in C. */
export interface ObjectChanges {
  /** Room in maps: elements, for ring buffers bytes. */
  readonly maxEntries?: Readonly<Record<string, number>>;
  /** Values that variables start with; the only way to set constants. */
  readonly variables?: Readonly<Record<string, unknown>>;
  /** Which programs are loaded: those that say `false` here are not, and those whose section starts with `?` are. */
  readonly autoload?: Readonly<Record<string, boolean>>;
  /** Where programs attach, instead of where their sections say. */
  readonly targets?: Readonly<Record<string, AttachTarget>>;
}

/** An object file that was read, and for which kernel. Nothing of it is loaded yet, so there is nothing to close. */
export class OpenObject {
  readonly #kernel: Kernel;
  readonly #specs: Map<string, CollectionSpec[string]>;

  constructor(kernel: Kernel, specs: CollectionSpec) {
    this.#kernel = kernel;
    this.#specs = new Map(Object.entries(specs));
  }

  /** All that is in it now, changes included, by the names in C. */
  get spec(): CollectionSpec {
    return Object.fromEntries(this.#specs);
  }

  /**
   * Changes it.
   * @throws {InvalidArgumentError} for a name that is not there, or is of something else. Nothing is changed then but
   * what is said before it.
   */
  change({ maxEntries, variables, autoload, targets }: ObjectChanges): this {
    for (const [name, entries] of Object.entries(maxEntries ?? {})) {
      this.#specs.set(name, resized(this.#map(name), entries));
    }
    for (const [name, value] of Object.entries(variables ?? {})) this.#setVariable(name, value);
    for (const [name, isOn] of Object.entries(autoload ?? {})) {
      this.#specs.set(name, { ...this.#program(name), autoload: isOn });
    }
    for (const [name, target] of Object.entries(targets ?? {})) {
      this.#specs.set(name, { ...this.#program(name), target });
    }
    return this;
  }

  /**
   * Creates the maps and loads the programs; nothing is attached yet. The caller closes the collection.
   * @throws {InvalidArgumentError} when the kernel lacks a setting, function or variable that a program wants.
   * @throws {VerifierError} when a program is rejected; {@link PermissionError} without privileges.
   */
  load({ pins = {}, ...relocate }: { readonly pins?: Pins } & RelocateOptions = {}): Collection {
    const settings = new KernelSettings(this.#kernel);
    const loaded = [...this.#specs].filter(([, spec]) => isLoaded(spec));
    for (const [, spec] of loaded) {
      if (spec.kind === "program") assertLoadable(spec);
      if (spec.kind === "map" && isGlobalSpec(spec)) settings.set(spec);
    }
    return loadNamed(this.#kernel, Object.fromEntries(loaded), { pins, ...relocate });
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

function isLoaded(spec: CollectionSpec[string]): boolean {
  return !("autoload" in spec) || (spec.autoload ?? true);
}

function assertLoadable({ name, refusal }: ProgramSpec): void {
  if (refusal === undefined) return;
  throw new InvalidArgumentError(`program "${name}" cannot be loaded: ${refusal}`, {
    hint: "leave it out with autoload",
  });
}

/**
 * Reads an object file: a path, or its bytes. Needs no privileges but to read it.
 * @throws {MalformedError} when it is damaged; {@link NotFoundError} when there is no such file.
 * @throws {InvalidArgumentError} when it needs something that specs do not have.
 */
export function openObjectFile(kernel: Kernel, source: string | Uint8Array): OpenObject {
  const isPath = typeof source === "string";
  const bytes = isPath ? kernel.readFile(source) : source;
  return new OpenObject(kernel, readObject(bytes, isPath ? source : "object"));
}
