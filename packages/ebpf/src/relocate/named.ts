/**
 * Types that relocations name: found by name, as a kernel calls them.
 *
 * A name may have a flavour behind three underscores, by which one program tells apart several shapes that kernels
 * gave one struct: `task_struct___old` is `task_struct` in every kernel.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";
import { formatMemberPath, type PathStep } from "../btf/member-path.ts";
import { walkPath, type BtfField, type Composite } from "../btf/member-walk.ts";
import { resolveType } from "../btf/resolve.ts";
import type { TypeSource } from "../btf/type-source.ts";
import type { BtfEnum, BtfEnum64, BtfKind, BtfType } from "../btf/type.ts";
import type { CoreField } from "../spec/core-relocation.ts";

/** Kinds that a name of a relocation can mean, in the order in which they are looked for. */
const kinds = ["struct", "union", "typedef", "enum", "enum64", "int"] as const satisfies BtfKind[];

/** Types found so far: most relocations of a program ask for the same few, and finding one takes longest. */
const found = new WeakMap<TypeSource, Map<string, BtfType | undefined>>();

/** The type called `name`, whose flavour does not count; `undefined` when there is none. */
export function namedType(types: TypeSource, name: string): BtfType | undefined {
  const known = found.get(types) ?? new Map<string, BtfType | undefined>();
  found.set(types, known);
  if (!known.has(name)) known.set(name, findNamed(types, name));
  return known.get(name);
}

function findNamed(types: TypeSource, name: string): BtfType | undefined {
  const essential = withoutFlavour(name);
  const candidates = essential === name ? [name] : [name, essential];
  for (const candidate of candidates) {
    for (const kind of kinds) {
      const type = types.findByName(candidate, kind);
      if (type !== undefined) return type;
    }
  }
  return undefined;
}

/** The struct or union called `name`, or the one a typedef of that name stands for. */
export function namedComposite(types: TypeSource, name: string): Composite | undefined {
  const type = namedType(types, name);
  const resolved = type && resolveType(types, type.id);
  return resolved?.kind === "struct" || resolved?.kind === "union" ? resolved : undefined;
}

/** The enum called `name`, or the one a typedef of that name stands for. */
export function namedEnum(types: TypeSource, name: string): BtfEnum | BtfEnum64 | undefined {
  const type = namedType(types, name);
  const resolved = type && resolveType(types, type.id);
  return resolved?.kind === "enum" || resolved?.kind === "enum64" ? resolved : undefined;
}

/**
 * Where a field lies; `undefined` when there is no such struct or field.
 * @throws {InvalidArgumentError} when the way to it goes through a pointer.
 */
export function namedField(types: TypeSource, field: CoreField): BtfField | undefined {
  const start = namedComposite(types, field.struct);
  const steps = field.path.map(stepOf);
  if (start === undefined || steps.length === 0) return undefined;
  const end = walkIfThere(types, start, steps);
  if (end === undefined || end.rest.length === 0) return end?.field;
  throw new InvalidArgumentError(
    `${field.struct}.${formatMemberPath(steps)} goes through a pointer`,
    { hint: "what a pointer points to takes a load and a relocation of its own" },
  );
}

function walkIfThere(
  ...walk: Parameters<typeof walkPath>
): ReturnType<typeof walkPath> | undefined {
  try {
    return walkPath(...walk);
  } catch (error) {
    if (error instanceof InvalidArgumentError) return undefined;
    throw error;
  }
}

function stepOf(step: string | number): PathStep {
  return typeof step === "number"
    ? { kind: "element", index: step }
    : { kind: "member", name: step };
}

/** The name without flavour. */
export function withoutFlavour(name: string): string {
  return /^(?<essential>.*[^_])___[^_]/.exec(name)?.groups?.["essential"] ?? name;
}
