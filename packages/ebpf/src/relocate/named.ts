/**
 * Types that relocations name: found by name, as a kernel calls them.
 *
 * A name may have a flavour behind three underscores, by which one program tells apart several shapes that kernels
 * gave one struct: `task_struct___old` is `task_struct` in every kernel.
 * @module
 */
import type { TypeSource } from "../btf/type-source.ts";
import type { BtfKind, BtfType } from "../btf/type.ts";

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

/** Names of flavours that a kernel's types have by themselves, by what is before the underscores. Kernels have next to none. */
const flavours = new WeakMap<TypeSource, ReadonlyMap<string, readonly string[]>>();

function flavoursOf(types: TypeSource, essential: string): readonly string[] {
  let known = flavours.get(types);
  if (known === undefined) {
    const names = [...new Set(types.flavoured())];
    known = Map.groupBy(
      names.filter((name) => withoutFlavour(name) !== name),
      withoutFlavour,
    );
    flavours.set(types, known);
  }
  return known.get(essential) ?? [];
}

/** Candidates found so far, by name and kind. */
const candidates = new WeakMap<TypeSource, Map<string, readonly BtfType[]>>();

/**
 * The types of a kernel that `name` can mean, in the order of their ids: neither its flavour counts nor those that the
 * kernel's own types have. With `like`, the kind of the type a program was compiled with, those of that kind; otherwise
 * the first of the first kind there is one of. Source: `bpf_core_add_cands` in tools/lib/bpf/libbpf.c.
 */
export function candidatesOf(types: TypeSource, name: string, like?: BtfKind): readonly BtfType[] {
  if (name === "") return [];
  if (like === undefined) {
    const type = namedType(types, name);
    return type === undefined ? [] : [type];
  }
  const known = candidates.get(types) ?? new Map<string, readonly BtfType[]>();
  candidates.set(types, known);
  const key = `${like} ${name}`;
  const all = known.get(key) ?? findCandidates(types, name, like);
  known.set(key, all);
  return all;
}

function findCandidates(types: TypeSource, name: string, like: BtfKind): readonly BtfType[] {
  const essential = withoutFlavour(name);
  const names = [essential, ...flavoursOf(types, essential)];
  const found = names.flatMap((each) => types.findAll(each));
  return found
    .filter(({ kind }) => isSameKind(kind, like))
    .toSorted((left, right) => left.id - right.id);
}

/** Whether both kinds are the same; enumerations of 32 and of 64 bits count as one kind. */
export function isSameKind(left: BtfKind, right: BtfKind): boolean {
  return left === right || (isEnumKind(left) && isEnumKind(right));
}

/** Whether it is an enumeration, of whatever size. */
export function isEnumKind(kind: BtfKind): boolean {
  return kind === "enum" || kind === "enum64";
}

/** The name without flavour. */
export function withoutFlavour(name: string): string {
  return /^(?<essential>.*[^_])___[^_]/.exec(name)?.groups?.["essential"] ?? name;
}
