/**
 * Reading what depends on the kernel: from numbers of members to names.
 * @module
 */
import { InvalidArgumentError } from "../../base/errors.ts";
import type { Btf } from "../../btf/btf.ts";
import type { CoreRelo, CoreReloKind } from "../../btf/ext/records.ts";
import { resolveType } from "../../btf/resolve.ts";
import type { CoreField, CoreRelocation, FieldRelocationKind } from "../../spec/core-relocation.ts";

/**
 * The relocation that a record says.
 * @throws {InvalidArgumentError} when it is of a kind that specs do not have, or leads nowhere.
 */
export function readCore(btf: Btf, record: CoreRelo): CoreRelocation {
  const { kind } = record;
  const type = btf.typeById(record.type).name;
  if (isFieldKind(kind)) return { kind, field: fieldOf(btf, record) };
  if (kind === "type-exists" || kind === "type-size") return { kind, type };
  if (kind === "enum-exists" || kind === "enum-value") {
    return { kind, type, name: enumeratorOf(btf, record) };
  }
  throw new InvalidArgumentError(`relocations of kind ${kind} are not supported`);
}

function isFieldKind(kind: CoreReloKind): kind is FieldRelocationKind {
  return kind.startsWith("field-");
}

function enumeratorOf(btf: Btf, { type, access }: CoreRelo): string {
  const resolved = resolveType(btf, type);
  const values = "values" in resolved ? resolved.values : [];
  return values[Number(access)]?.name ?? lost(btf, type, access);
}

/** The names on the way; the first number counts structs behind a pointer, and is 0. */
function fieldOf(btf: Btf, { type, access }: CoreRelo): CoreField {
  const [first, ...steps] = access.split(":").map(Number);
  if (first !== 0) lost(btf, type, access);
  const path: (string | number)[] = [];
  let current = resolveType(btf, type);
  for (const step of steps) {
    if (current.kind === "array") {
      path.push(step);
      current = resolveType(btf, current.type);
      continue;
    }
    const member = "members" in current ? current.members[step] : undefined;
    if (member === undefined) return lost(btf, type, access);
    // Members of unnamed structs count as members of what they are in.
    if (member.name !== "") path.push(member.name);
    current = resolveType(btf, member.type);
  }
  return { struct: btf.typeById(type).name, path };
}

function lost(btf: Btf, type: number, access: string): never {
  throw new InvalidArgumentError(`there is no way ${access} in ${btf.describe(type)}`);
}
