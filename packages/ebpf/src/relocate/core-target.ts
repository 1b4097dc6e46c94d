/**
 * What a way leads to in the types of a kernel.
 *
 * A name may mean several types there; each that the way can be gone in, and that is compatible with what the program was
 * compiled with, is a target. Whether they agree is for whoever asks for a value.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";
import { memberNamed } from "../btf/member-walk.ts";
import { resolveType, sizeOf } from "../btf/resolve.ts";
import type { TypeSource } from "../btf/type-source.ts";
import type { BtfType } from "../btf/type.ts";
import type { CoreRelocation } from "../spec/core-relocation.ts";
import { areFieldsCompatible, areTypesCompatible, type TypeAt } from "./compatible.ts";
import { elementAt, type CorePlace, type CoreWay } from "./core-way.ts";
import { candidatesOf, withoutFlavour } from "./named.ts";
import { doesTypeMatch } from "./type-match.ts";

/** Where a way ends in the types of a kernel. */
export interface CoreTarget {
  readonly types: TypeSource;
  /** The type it starts from. */
  readonly root: BtfType;
  readonly place: CorePlace;
  /** Value of the enumerator that is asked for, if one is. */
  readonly value: number | bigint | undefined;
}

/** Types of a kernel. */
export interface KernelTypes {
  readonly target: TypeSource;
  /** Those of modules, which are asked when the kernel itself has no type of a name. */
  readonly modules?: (() => readonly TypeSource[]) | undefined;
  /** What was found so far for the types of an object file, whose relocations decide together which type is meant. */
  readonly candidates?: CoreCandidates | undefined;
}

/** A type that a program's type may be in a kernel. */
export interface CoreCandidate {
  readonly types: TypeSource;
  readonly root: BtfType;
}

/**
 * The types of a kernel that those of object files may be. A relocation that only some of them have leaves only those to the
 * relocations of the same type after it, as in `bpf_core_calc_relo_insn` in tools/lib/bpf/relo_core.c.
 */
export class CoreCandidates {
  readonly #known = new WeakMap<TypeSource, Map<number, readonly CoreCandidate[]>>();

  /** Those for a type of an object file; `find` looks for them when it is the first time. */
  of({ types, id }: TypeAt, find: () => readonly CoreCandidate[]): readonly CoreCandidate[] {
    const byId = this.#known.get(types) ?? new Map<number, readonly CoreCandidate[]>();
    this.#known.set(types, byId);
    const found = byId.get(id) ?? find();
    byId.set(id, found);
    return found;
  }

  /** Leaves only `some` of those for a type. */
  narrow({ types, id }: TypeAt, some: readonly CoreCandidate[]): void {
    this.#known.get(types)?.set(id, some);
  }
}

/** All ends that `way` can have: in the kernel, else in all of its modules. */
export function targetsOf(
  kind: CoreRelocation["kind"],
  way: CoreWay,
  kernel: KernelTypes,
): readonly CoreTarget[] {
  const root = way.local?.root;
  const known = root && kernel.candidates;
  const find = (): readonly CoreCandidate[] => candidatesIn(kernel, way);
  const candidates = known === undefined ? find() : known.of(root!, find);
  const targets = candidates.flatMap(({ types, root: from }) => {
    return targetIn({ kind, way, types }, from) ?? [];
  });
  if (targets.length > 0 && targets.length < candidates.length) known?.narrow(root!, targets);
  return targets;
}

function candidatesIn({ target, modules }: KernelTypes, way: CoreWay): readonly CoreCandidate[] {
  const inOne = (types: TypeSource): readonly CoreCandidate[] =>
    candidatesOf(types, way.name, way.local?.kind).map((root) => ({ types, root }));
  const own = inOne(target);
  return own.length > 0 ? own : (modules?.() ?? []).flatMap(inOne);
}

interface Search {
  readonly kind: CoreRelocation["kind"];
  readonly way: CoreWay;
  readonly types: TypeSource;
}

function targetIn({ kind, way, types }: Search, root: BtfType): CoreTarget | undefined {
  const place: CorePlace = { type: root.id, bitOffset: 0, bitfieldSize: 0, isLast: false };
  const start: CoreTarget = { types, root, place, value: undefined };
  if (kind.startsWith("enum-")) return withValue(start, way.enumerator ?? "");
  if (!kind.startsWith("field-")) return isLike(kind, way, start) ? start : undefined;
  const end = endOf(start, way);
  return end && { ...start, place: end };
}

function withValue(start: CoreTarget, name: string): CoreTarget | undefined {
  const type = resolveType(start.types, start.root.id);
  if (!("values" in type)) return undefined;
  const essential = withoutFlavour(name);
  const values: readonly { readonly name: string; readonly value: number | bigint }[] = type.values;
  const found = values.find((value) => withoutFlavour(value.name) === essential);
  return found && { ...start, value: found.value };
}

function isLike(kind: CoreRelocation["kind"], { local }: CoreWay, target: CoreTarget): boolean {
  if (local === undefined) return true;
  const like = kind === "type-matches" ? doesTypeMatch : areTypesCompatible;
  return like(local.root, { types: target.types, id: target.root.id });
}

/** Members and elements on a way: `BPF_CORE_SPEC_MAX_LEN` in tools/lib/bpf/relo_core.h. */
const longestWay = 64;

/**
 * Where the steps lead; `undefined` when one of them cannot be gone.
 * @throws {InvalidArgumentError} when a way by name goes through a pointer, or one is longer than loaders go.
 */
function endOf({ types, root, place }: CoreTarget, way: CoreWay): CorePlace | undefined {
  let end: CorePlace = place;
  let length = 1;
  if (way.first > 0) end = { ...end, bitOffset: 8 * way.first * sizeOf(types, root.id) };
  if (way.local === undefined && way.steps.length === 0) return undefined;
  for (const step of way.steps) {
    const type = resolveType(types, end.type);
    assertNoPointer(type, way);
    const next =
      step.kind === "member"
        ? memberOf(types, { type, place: end, step })
        : elementOf(types, { type, place: end, index: step.index });
    if (next === undefined) return undefined;
    length += next.depth;
    end = next;
  }
  if (length > longestWay) {
    throw new InvalidArgumentError(
      `${describeWay(way)} lies more than ${longestWay} structs and arrays deep in ${types.path}`,
    );
  }
  return end;
}

/** A way by name says what was meant, so a pointer on it is a mistake; with types it is another kernel's struct. */
function assertNoPointer({ kind }: BtfType, way: CoreWay): void {
  if (kind !== "ptr" || way.local !== undefined) return;
  throw new InvalidArgumentError(`${describeWay(way)} goes through a pointer`, {
    hint: "what a pointer points to takes a load and a relocation of its own",
  });
}

/** The way for people: `task_struct.comm[3]`, `state::IDLE`. */
export function describeWay({ name, first, steps, enumerator }: CoreWay): string {
  const ahead = first === 0 ? "" : `[${first}]`;
  const path = steps.map((step) => (step.kind === "member" ? `.${step.name}` : `[${step.index}]`));
  return `${name}${ahead}${path.join("")}${enumerator === undefined ? "" : `::${enumerator}`}`;
}

/** A place that was come to, over so many members and elements. */
type Reached = CorePlace & { readonly depth: number };

interface ElementSearch {
  readonly type: BtfType;
  readonly place: CorePlace;
  readonly index: number;
}

function elementOf(types: TypeSource, { type, ...search }: ElementSearch): Reached | undefined {
  const found = type.kind === "array" ? elementAt(types, { array: type, ...search }) : undefined;
  return found && { ...found, depth: 1 };
}

interface MemberSearch {
  readonly type: BtfType;
  readonly place: CorePlace;
  readonly step: CoreWay["steps"][number] & { readonly kind: "member" };
}

function memberOf(types: TypeSource, { type, place, step }: MemberSearch): Reached | undefined {
  if (type.kind !== "struct" && type.kind !== "union") return undefined;
  const found = memberNamed(types, type, step.name);
  if (found === undefined) return undefined;
  const { member } = found;
  const fits =
    step.local === undefined || areFieldsCompatible(step.local, { types, id: member.type });
  if (!fits) return undefined;
  return {
    type: member.type,
    bitOffset: place.bitOffset + found.bitOffset,
    bitfieldSize: member.bitfieldSize,
    isLast: found.isLast,
    depth: found.depth,
  };
}
