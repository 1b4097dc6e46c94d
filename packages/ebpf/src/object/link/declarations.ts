/**
 * Whether a declaration in one file means what another file defines.
 *
 * Maps have to be the same, as their definition is their type, in whichever order they say it. Of functions and variables
 * what a call or an access depends on is compared: how many parameters, and of which kind and size; what pointers point to is
 * not, since a file may know less of it.
 * @module
 */
import { InvalidArgumentError } from "../../base/errors.ts";
import { maxDepth } from "../../btf/resolve.ts";
import { voidId, type BtfType, type BtfTypeId } from "../../btf/type.ts";
import type { BtfTypeData, BtfTypeDataOf } from "../../btf/write/type-data.ts";

/** Name of what a function or variable is declared as; `undefined` for other types. */
export function nameOfDeclaration(type: BtfType): string | undefined {
  return type.kind === "func" || type.kind === "var" ? type.name : undefined;
}

/** A declaration and the definition it means. Ids are of one list of types, the first of which has id 1. */
export interface DeclarationPair {
  readonly name: string;
  readonly declared: { readonly id: BtfTypeId; readonly path: string };
  readonly defined: { readonly id: BtfTypeId; readonly path: string };
}

/** @throws {InvalidArgumentError} when the two cannot be the same thing. */
export function assertSameDeclaration(
  types: readonly BtfTypeData[],
  { name, declared, defined }: DeclarationPair,
): void {
  const [left, right] = [types[declared.id - 1], types[defined.id - 1]];
  if (left !== undefined && right !== undefined && isSame(types, left, right)) return;
  const where = `${declared.path} declares "${name}" as something else than ${defined.path} defines`;
  throw new InvalidArgumentError(where, {
    hint: "give both files one header that says what it is",
  });
}

function isSame(types: readonly BtfTypeData[], left: BtfTypeData, right: BtfTypeData): boolean {
  if (left.kind === "var" && right.kind === "var") return isAlike(types, left.type, right.type);
  if (left.kind !== "func" || right.kind !== "func") return false;
  const [declared, defined] = [types[left.type - 1], types[right.type - 1]];
  if (declared?.kind !== "func_proto" || defined?.kind !== "func_proto") return false;
  // A declaration without parameters, `int f();`, says nothing of them.
  const unsaid = declared.parameters.length === 0 && declared.variadic;
  return (
    isAlike(types, declared.type, defined.type) &&
    (unsaid ||
      (declared.parameters.length === defined.parameters.length &&
        declared.parameters.every((one, index) =>
          isAlike(types, one.type, defined.parameters[index]!.type),
        )))
  );
}

/** Whether values of both types are passed and stored the same way; arrays in one another no deeper than `depth`. */
function isAlike(
  types: readonly BtfTypeData[],
  left: BtfTypeId,
  right: BtfTypeId,
  depth: number = maxDepth,
): boolean {
  if (depth === 0) return false;
  const [one, other] = [bareType(types, left), bareType(types, right)];
  if (one === undefined || other === undefined) return one === other;
  if (one === other) return true;
  if (one.kind === "ptr" && other.kind === "ptr") return true;
  if (one.kind === "array" && other.kind === "array") {
    const lengths = one.length === 0 || other.length === 0 || one.length === other.length;
    return lengths && isAlike(types, one.type, other.type, depth - 1);
  }
  // Struct types with a name are one type already when they are the same.
  if (one.kind === "struct" && other.kind === "struct") return isSameMap(types, one, other);
  if (one.kind === "struct" || one.kind === "union") return false;
  return one.kind === other.kind && "size" in one && "size" in other && one.size === other.size;
}

type Struct = BtfTypeDataOf<"struct">;

/** Whether both define the same map: what they say stands in the types of members, whose places mean nothing. */
function isSameMap(types: readonly BtfTypeData[], one: Struct, other: Struct): boolean {
  if (one.name !== "" || other.name !== "" || one.members.length !== other.members.length) {
    return false;
  }
  const said = new Map(other.members.map(({ name, type }) => [name, type]));
  return one.members.every(({ name, type }) => {
    const otherType = said.get(name);
    return otherType !== undefined && isSaidAlike(types, type, otherType);
  });
}

/** Numbers are the lengths of arrays that members point to, types are what they point to, other maps stand in an array. */
function isSaidAlike(types: readonly BtfTypeData[], left: BtfTypeId, right: BtfTypeId): boolean {
  const [one, other] = [bareType(types, left), bareType(types, right)];
  if (one === undefined || other === undefined) return false;
  if (one.kind === "array" && other.kind === "array") {
    return one.length === other.length && isSaidAlike(types, one.type, other.type);
  }
  if (one.kind !== "ptr" || other.kind !== "ptr") return false;
  const [what, otherWhat] = [bareType(types, one.type), bareType(types, other.type)];
  if (what === otherWhat) return true;
  if (what?.kind === "array" && otherWhat?.kind === "array" && what.length !== otherWhat.length) {
    return false;
  }
  return what?.kind !== "ptr" && isAlike(types, one.type, other.type);
}

const transparent: ReadonlySet<string> = new Set([
  "const",
  "volatile",
  "restrict",
  "typedef",
  "type_tag",
]);

/** The type without qualifiers and other names; `undefined` for `void`. */
function bareType(types: readonly BtfTypeData[], id: BtfTypeId): BtfTypeData | undefined {
  let type = id === voidId ? undefined : types[id - 1];
  // What is damaged may go round in a circle.
  for (let steps = 0; type !== undefined && transparent.has(type.kind) && steps < 64; steps++) {
    const next: BtfTypeId = "type" in type ? type.type : voidId;
    type = next === voidId ? undefined : types[next - 1];
  }
  return type;
}
