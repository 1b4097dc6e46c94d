/**
 * The programs of an object file that a command is about.
 * @module
 */
import { InvalidArgumentError, type ProgramSpec } from "ts-ebpf";
import type { ObjectSpec } from "ts-ebpf/object";

/** Which programs of which file. */
export interface Choice {
  readonly path: string;
  /** All when left out. */
  readonly names?: readonly string[] | undefined;
}

/**
 * The programs of `spec` with these names, in the order of the file.
 * @throws {InvalidArgumentError} when there is none of a name, or none at all.
 */
export function chosenPrograms(spec: ObjectSpec, { path, names }: Choice): readonly ProgramSpec[] {
  const programs = Object.values(spec).filter((part) => part.kind === "program");
  const there = programs.map(({ name }) => name);
  const missing = names?.find((name) => !there.includes(name));
  if (programs.length === 0) throw new InvalidArgumentError(`${path} has no programs`);
  if (missing !== undefined) {
    throw new InvalidArgumentError(`${path} has no program "${missing}"`, {
      hint: `it has ${there.join(", ")}`,
    });
  }
  return programs.filter(({ name }) => names?.includes(name) ?? true);
}
