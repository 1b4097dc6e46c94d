/**
 * Reading object files: what a compiler of C made, or what `writeObject` wrote, becomes specs.
 *
 * Everything is found by name, as loaders find it; what depends on the kernel stays a relocation. Nothing is loaded, and
 * no kernel is asked.
 * @module
 */
import { InvalidArgumentError } from "../../base/errors.ts";
import type { MapSpec } from "../../spec/map-spec.ts";
import type { ProgramSpec } from "../../spec/program-spec.ts";
import { objectParts } from "./parts.ts";
import { readMaps } from "./read-maps.ts";
import { readPrograms } from "./read-programs.ts";
import { readVariables } from "./read-variables.ts";

/** The maps, variables and programs of an object file, each by its name in C. */
export type ObjectSpec = Readonly<Record<string, MapSpec | ProgramSpec>>;

/**
 * The specs in the object file `bytes`; `path` is what it is called in errors.
 * @throws {MalformedError} when it is damaged, or no object file of BPF for machines with this byte order.
 * @throws {InvalidArgumentError} when it needs something that specs do not have.
 */
export function readObject(bytes: Uint8Array, path = "object"): ObjectSpec {
  const parts = objectParts(bytes, path);
  const variables = readVariables(parts);
  const found: Record<string, MapSpec | ProgramSpec> = Object.create(null);
  const programs = readPrograms(parts, variables);
  const maps = readMaps(parts, (name) => programs.get(name));
  for (const [name, spec] of [...maps, ...variables.specs, ...programs]) {
    if (name in found) throw new InvalidArgumentError(`${path} has two things called "${name}"`);
    found[name] = spec;
  }
  return Object.freeze({ ...found });
}
