/**
 * Reading object files: what a compiler of C made, or what `writeObject` wrote, becomes specs.
 *
 * Everything is found by name, as loaders find it; what depends on the kernel stays a relocation. Nothing is loaded, and
 * no kernel is asked.
 * @module
 */
import { InvalidArgumentError, MalformedError } from "../../base/errors.ts";
import { findSection } from "../../elf/tables.ts";
import type { MapSpec } from "../../spec/map-spec.ts";
import type { ProgramSpec } from "../../spec/program-spec.ts";
import type { StructOpsSpec } from "../../spec/struct-ops.ts";
import { complain, objectParts, type ObjectParts } from "./parts.ts";
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
 */
export function readObject(bytes: Uint8Array, path = "object"): ObjectSpec {
  const taken = objectParts(bytes, path);
  try {
    return readParts({ ...taken, fileTypes: readFileTypes(taken) });
  } catch (error) {
    if (error instanceof InvalidArgumentError) throw damaged(taken, error);
    throw error;
  }
}

/** People may ask for what types do not have, such as the size of a function; in a file it is damage. */
function damaged({ file }: ObjectParts, { message, hint }: InvalidArgumentError): MalformedError {
  const { offset = 0 } = findSection(file, ".BTF") ?? {};
  return new MalformedError("OBJECT", message, {
    path: [file.path, ".BTF"],
    offset,
    ...(hint === undefined ? {} : { hint }),
  });
}

function readParts(parts: ObjectParts): ObjectSpec {
  const variables = readVariables(parts);
  const found: Record<string, ObjectPart> = Object.create(null);
  const programs = readPrograms(parts, variables);
  const maps = readMaps(parts, (name) => programs.get(name));
  const settings = readSettings(parts);
  const structs = readStructOps(parts, programs);
  const all = [...maps, ...variables.specs, ...settings, ...structs, ...programs];
  for (const [name, spec] of all) {
    if (name in found) complain(parts, [`symbol ${name}`], "two things of the file are called so");
    found[name] = spec;
  }
  return Object.freeze({ ...found });
}
