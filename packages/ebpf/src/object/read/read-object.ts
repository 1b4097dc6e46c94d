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
import type { StructOpsSpec } from "../../spec/struct-ops.ts";
import { objectParts } from "./parts.ts";
import { readMaps } from "./read-maps.ts";
import { readFileTypes } from "./read-file-types.ts";
import { readPrograms } from "./read-programs.ts";
import { readSettings } from "./read-settings.ts";
import { readStructOps } from "./read-struct-ops.ts";
import { readVariables } from "./read-variables.ts";

/** The maps, variables, structs of functions and programs of an object file, each by its name in C. */
export type ObjectSpec = Readonly<Record<string, ObjectPart>>;

/** Something of an object file. */
export type ObjectPart = MapSpec | ProgramSpec | StructOpsSpec;

/**
 * The specs in the object file `bytes`; `path` is what it is called in errors.
 * @throws {MalformedError} when it is damaged, or no object file of BPF.
 * @throws {InvalidArgumentError} when it needs something that specs do not have.
 */
export function readObject(bytes: Uint8Array, path = "object"): ObjectSpec {
  const taken = objectParts(bytes, path);
  const parts = { ...taken, fileTypes: readFileTypes(taken) };
  const variables = readVariables(parts);
  const found: Record<string, ObjectPart> = Object.create(null);
  const programs = readPrograms(parts, variables);
  const maps = readMaps(parts, (name) => programs.get(name));
  const settings = readSettings(parts);
  const structs = readStructOps(parts, programs);
  const all = [...maps, ...variables.specs, ...settings, ...structs, ...programs];
  for (const [name, spec] of all) {
    if (name in found) throw new InvalidArgumentError(`${path} has two things called "${name}"`);
    found[name] = spec;
  }
  return Object.freeze({ ...found });
}
