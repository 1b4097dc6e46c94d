/**
 * Reading what depends on the kernel: from numbers of members to names.
 * @module
 */
import type { Btf } from "../../btf/btf.ts";
import type { CoreRelo, CoreReloKind } from "../../btf/ext/records.ts";
import { failType, resolveType } from "../../btf/resolve.ts";
import type {
  CoreField,
  CoreRelocation,
  FieldRelocationKind,
  LocalCoreRelocation,
} from "../../spec/core-relocation.ts";

/** A relocation by names, and as the object file says it. */
export interface ReadCoreRelocation {
  readonly core: CoreRelocation;
  readonly local: LocalCoreRelocation;
}

/**
 * The relocation that a record says.
 * @throws {MalformedError} when it leads nowhere.
 */
export function readCore(btf: Btf, record: CoreRelo): ReadCoreRelocation {
  const { type, access, kind } = record;
  return { core: named(btf, record), local: { types: btf, type, access, kind } };
}

function named(btf: Btf, record: CoreRelo): CoreRelocation {
  const { kind } = record;
  if (isFieldKind(kind)) return { kind, field: fieldOf(btf, record) };
  const type = rootName(btf, record.type);
  if (kind === "enum-exists" || kind === "enum-value") {
    return { kind, type, name: enumeratorOf(btf, record) };
  }
  return { kind, type };
}

function isFieldKind(kind: CoreReloKind): kind is FieldRelocationKind {
  return kind.startsWith("field-");
}

/** The name of a type, or of what a type without one is behind its modifiers. */
function rootName(btf: Btf, id: CoreRelo["type"]): string {
  return btf.typeById(id).name || resolveType(btf, id).name;
}

function enumeratorOf(btf: Btf, { type, access }: CoreRelo): string {
  const resolved = resolveType(btf, type);
  const values = "values" in resolved ? resolved.values : [];
  return values[Number(access)]?.name ?? lost(btf, type, access);
}

/** The names on the way; the first number counts structs behind a pointer, and is mostly 0. */
function fieldOf(btf: Btf, { type, access }: CoreRelo): CoreField {
  if (!/^\d+(:\d+)*$/.test(access)) lost(btf, type, access);
  const [first = 0, ...steps] = access.split(":").map(Number);
  const path: (string | number)[] = first === 0 ? [] : [first];
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
  return { struct: rootName(btf, type), path };
}

function lost(btf: Btf, type: number, access: string): never {
  failType(btf, type, `there is no way ${JSON.stringify(access)} in ${btf.describe(type)}`);
}
