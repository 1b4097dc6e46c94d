/**
 * Whether a type of the kernel has all that one a program was compiled with has: members, enumerators, parameters.
 *
 * Behind a pointer only the names and kinds of structs count, so that types which refer to each other come to an end.
 * The rules are those of `__bpf_core_types_match` in tools/lib/bpf/relo_core.c.
 * @module
 */
import { maxDepth, resolveType } from "../btf/resolve.ts";
import type { BtfType, BtfTypeOf } from "../btf/type.ts";
import type { TypeAt } from "./compatible.ts";
import { withoutFlavour } from "./named.ts";

/** How deep a comparison is, and how it got there. */
interface Way {
  readonly isBehindPointer: boolean;
  readonly depth: number;
  /** Comparisons that were begun: damaged types may ask for the same ones very often. */
  readonly known: Map<string, boolean>;
}

/** Whether `target` has all that `local` has. */
export function doesTypeMatch(local: TypeAt, target: TypeAt): boolean {
  return doesMatch(local, target, { isBehindPointer: false, depth: maxDepth, known: new Map() });
}

function doesMatch(local: TypeAt, target: TypeAt, way: Way): boolean {
  if (way.depth === 0) return false;
  const left = resolveType(local.types, local.id);
  const right = resolveType(target.types, target.id);
  if (!isSameName(left.name, right.name)) return false;
  const key = `${left.id} ${right.id} ${way.isBehindPointer}`;
  const known = way.known.get(key);
  if (known !== undefined) return known;
  // What is asked for again before it is answered contains itself.
  way.known.set(key, false);
  const match = matchers[left.kind] as Matcher<BtfType> | undefined;
  const inner = (a: number, b: number, isBehindPointer = way.isBehindPointer): boolean =>
    doesMatch(
      { ...local, id: a },
      { ...target, id: b },
      { ...way, isBehindPointer, depth: way.depth - 1 },
    );
  const answer = match?.(left, right, { inner, isBehindPointer: way.isBehindPointer }) ?? false;
  way.known.set(key, answer);
  return answer;
}

function isSameName(local: string, target: string): boolean {
  return withoutFlavour(local) === withoutFlavour(target);
}

interface Rest {
  readonly inner: (left: number, right: number, isBehindPointer?: boolean) => boolean;
  readonly isBehindPointer: boolean;
}

type Matcher<Type extends BtfType> = (left: Type, right: BtfType, rest: Rest) => boolean;

const matchers: { readonly [Kind in BtfType["kind"]]?: Matcher<BtfTypeOf<Kind>> } = {
  void: (_left, right) => right.kind === "void",
  fwd: (left, right, { isBehindPointer }) =>
    right.kind === "fwd" ? left.of === right.of : isBehindPointer && left.of === right.kind,
  enum: (left, right) => doEnumsMatch(left, right),
  enum64: (left, right) => doEnumsMatch(left, right),
  struct: doCompositesMatch,
  union: doCompositesMatch,
  int: (left, right) =>
    right.kind === "int" &&
    left.size === right.size &&
    (left.encoding === "signed") === (right.encoding === "signed"),
  ptr: (left, right, { inner }) => right.kind === "ptr" && inner(left.type, right.type, true),
  array: (left, right, { inner }) =>
    right.kind === "array" && left.length === right.length && inner(left.type, right.type),
  func_proto: (left, right, { inner }) =>
    right.kind === "func_proto" &&
    left.parameters.length === right.parameters.length &&
    left.parameters.every(({ type }, index) => inner(type, right.parameters[index]!.type)) &&
    inner(left.type, right.type),
};

function doEnumsMatch(left: BtfTypeOf<"enum" | "enum64">, right: BtfType): boolean {
  if (right.kind !== "enum" && right.kind !== "enum64") return false;
  const names = new Set(right.values.map(({ name }) => withoutFlavour(name)));
  return (
    left.values.length <= right.values.length &&
    left.values.every(({ name }) => names.has(withoutFlavour(name)))
  );
}

function doCompositesMatch(
  left: BtfTypeOf<"struct" | "union">,
  right: BtfType,
  { inner, isBehindPointer }: Rest,
): boolean {
  if (isBehindPointer) {
    return right.kind === "fwd" ? right.of === left.kind : right.kind === left.kind;
  }
  if (right.kind !== left.kind || left.members.length > right.members.length) return false;
  const { members } = right;
  return left.members.every((member) =>
    members.some((other) => isSameName(member.name, other.name) && inner(member.type, other.type)),
  );
}
