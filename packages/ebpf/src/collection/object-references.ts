/**
 * What refers to programs in an object file: arrays that hold some from the start, structs of functions.
 *
 * Specs refer to the programs as they were read. When some were changed since, what refers to them has to follow, which is
 * done by name.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";
import type { CollectionSpec } from "../spec/collection-spec.ts";
import type { MapSpec } from "../spec/map-spec.ts";
import type { ProgArraySpec } from "../spec/prog-array.ts";
import type { ProgramSpec } from "../spec/program-spec.ts";
import { withPrograms } from "../spec/resized.ts";
import type { StructOpsProgram, StructOpsSpec } from "../spec/struct-ops.ts";

type ObjectPart = CollectionSpec[string];

/**
 * `parts` with everything that refers to programs referring to those among them. Members of structs whose programs are not
 * there are left out.
 * @throws {InvalidArgumentError} when an array holds a program that is not there.
 */
export function withReferences(parts: ReadonlyMap<string, ObjectPart>): CollectionSpec {
  const find = (name: string): ProgramSpec | undefined => {
    const found = parts.get(name);
    return found?.kind === "program" ? found : undefined;
  };
  const referring = [...parts].map(([name, part]) => [name, followed(part, find)] as const);
  return Object.fromEntries(referring);
}

type FindProgram = (name: string) => ProgramSpec | undefined;

function followed(part: ObjectPart, find: FindProgram): ObjectPart {
  if (part.kind === "struct-ops") return structWith(part, find);
  return part.kind === "map" && isProgArray(part) ? arrayWith(part, find) : part;
}

/** Whether `spec` is an array of programs. */
export function isProgArray(spec: MapSpec): spec is MapSpec & ProgArraySpec {
  return spec.type === "prog_array";
}

function arrayWith(array: MapSpec & ProgArraySpec, find: FindProgram): MapSpec {
  if (array.programs === undefined) return array;
  const held = array.programs().map((program, index) => {
    if (program === undefined) return undefined;
    const found = find(program.name);
    if (found !== undefined) return found;
    throw new InvalidArgumentError(
      `element ${index} of "${array.name}" is program "${program.name}", which is not loaded`,
      { hint: "load it (autoload), or say what the array holds instead (programs)" },
    );
  });
  return withPrograms(array, () => held);
}

function structWith(struct: StructOpsSpec, find: FindProgram): StructOpsSpec {
  const members = Object.entries(struct.programs).flatMap(([member, { name }]) => {
    const found = find(name);
    return found === undefined ? [] : [[member, found as StructOpsProgram] as const];
  });
  return { ...struct, programs: Object.fromEntries(members) };
}
