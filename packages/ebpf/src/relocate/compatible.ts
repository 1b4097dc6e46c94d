/**
 * Whether a type of the kernel can stand for one that a program was compiled with.
 *
 * Names decide what is looked at, kinds whether it fits: members of structs do not count, as programs name only those
 * they use. The rules are those of `bpf_core_fields_are_compat` and `bpf_core_types_are_compat` in
 * tools/lib/bpf/relo_core.c; `type-match.ts` has the stricter ones.
 * @module
 */
import { maxDepth, resolveType } from "../btf/resolve.ts";
import type { TypeSource } from "../btf/type-source.ts";
import type { BtfKind, BtfType } from "../btf/type.ts";
import { isEnumKind, isSameKind, withoutFlavour } from "./named.ts";

/** A type and where it is from. */
export interface TypeAt {
  readonly types: TypeSource;
  readonly id: number;
}

function isComposite(kind: BtfKind): boolean {
  return kind === "struct" || kind === "union";
}

/** Whether a member of the one type can be read as one of the other. Sizes do not count. */
export function areFieldsCompatible(local: TypeAt, target: TypeAt): boolean {
  let [left, right] = [resolved(local), resolved(target)];
  for (let depth = 0; left.kind === "array" && right.kind === "array"; depth++) {
    if (depth === maxDepth) return false;
    left = resolved({ ...local, id: left.type });
    right = resolved({ ...target, id: right.type });
  }
  if (isComposite(left.kind) && isComposite(right.kind)) return true;
  if (!isSameKind(left.kind, right.kind)) return false;
  if (isEnumKind(left.kind) || left.kind === "fwd") return isSameOrUnnamed(left.name, right.name);
  if (left.kind === "int" && right.kind === "int") return isWhole(left) && isWhole(right);
  return left.kind === "ptr" || left.kind === "float";
}

function resolved({ types, id }: TypeAt): BtfType {
  return resolveType(types, id);
}

function isSameOrUnnamed(left: string, right: string): boolean {
  return left === "" || right === "" || withoutFlavour(left) === withoutFlavour(right);
}

/** Old compilers said by the integer what was a bit-field. */
function isWhole({ bitOffset }: BtfType & { readonly kind: "int" }): boolean {
  return bitOffset === 0;
}

/** Whether the types are of the same kind, all the way through pointers, arrays and functions. */
export function areTypesCompatible(local: TypeAt, target: TypeAt): boolean {
  return areCompatible(local, target, { depth: maxDepth, known: new Map() });
}

interface Comparison {
  readonly depth: number;
  /** Comparisons that were begun: damaged types may ask for the same ones very often. */
  readonly known: Map<string, boolean>;
}

function areCompatible(local: TypeAt, target: TypeAt, { depth, known }: Comparison): boolean {
  if (depth === 0) return false;
  const [left, right] = [resolved(local), resolved(target)];
  const key = `${left.id} ${right.id}`;
  const answered = known.get(key);
  if (answered !== undefined) return answered;
  // What is asked for again before it is answered contains itself.
  known.set(key, false);
  const inner = (a: number, b: number): boolean =>
    areCompatible({ ...local, id: a }, { ...target, id: b }, { depth: depth - 1, known });
  const answer = areAlike(left, right, inner);
  known.set(key, answer);
  return answer;
}

function areAlike(
  left: BtfType,
  right: BtfType,
  inner: (left: number, right: number) => boolean,
): boolean {
  if (!isSameKind(left.kind, right.kind)) return false;
  if (left.kind === "int" && right.kind === "int") return isWhole(left) && isWhole(right);
  if (left.kind === "ptr" && right.kind === "ptr") return inner(left.type, right.type);
  if (left.kind === "array" && right.kind === "array") return inner(left.type, right.type);
  if (left.kind === "func_proto" && right.kind === "func_proto") {
    const { parameters } = right;
    return (
      left.parameters.length === parameters.length &&
      left.parameters.every(({ type }, index) => inner(type, parameters[index]!.type)) &&
      inner(left.type, right.type)
    );
  }
  return (
    left.kind === "void" || left.kind === "fwd" || isComposite(left.kind) || isEnumKind(left.kind)
  );
}
