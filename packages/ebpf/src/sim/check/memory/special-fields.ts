/**
 * Fields of map values and of objects that are the kernel's: locks, timers, addresses, lists.
 *
 * They are known by the names of their types in BTF, addresses by the tags of theirs; programs reach them by functions
 * only. `btf_parse_fields` of kernel/bpf/btf.c.
 * @module
 */
import type { Btf } from "../../../btf/btf.ts";
import type { BtfMember, BtfType } from "../../../btf/type.ts";
import type { CheckedMap } from "../program.ts";

/** A field that is the kernel's. */
export interface SpecialField {
  readonly offset: number;
  readonly size: number;
  /** Name of the struct, `kptr_untrusted`, `kptr_ref`, `kptr_percpu` or `uptr`. */
  readonly kind: string;
  /** Type among the map's that an address leads to. */
  readonly to?: number;
  /** What a list or tree is of, and where in that its nodes are. */
  readonly contains?: { readonly type: number; readonly offset: number } | undefined;
}

/** Sizes are those of the structs. */
const structs: ReadonlySet<string> = new Set([
  "bpf_spin_lock",
  "bpf_res_spin_lock",
  "bpf_timer",
  "bpf_wq",
  "bpf_task_work",
  "bpf_list_head",
  "bpf_list_node",
  "bpf_rb_root",
  "bpf_rb_node",
  "bpf_refcount",
]);

const addresses: Readonly<Record<string, string>> = {
  kptr: "kptr_ref",
  kptr_untrusted: "kptr_untrusted",
  percpu_kptr: "kptr_percpu",
  uptr: "uptr",
};

/** With more fields than this none is one (`BTF_FIELDS_MAX`). */
const most = 11;

const none: readonly SpecialField[] = [];
const known = new WeakMap<Btf, Map<number, readonly SpecialField[]>>();

/** Fields in values of a map. */
export function fieldsOfMap({ types, valueType }: CheckedMap): readonly SpecialField[] {
  return types === undefined || valueType === undefined ? none : fieldsOf(types, valueType);
}

/** Fields in a struct, by their offsets. */
export function fieldsOf(types: Btf, id: number): readonly SpecialField[] {
  const byType = known.get(types) ?? new Map<number, readonly SpecialField[]>();
  known.set(types, byType);
  const found = byType.get(id) ?? find(types, id, 0);
  const counted = found.length > most ? none : found;
  byType.set(id, counted);
  return counted;
}

function find(types: Btf, id: number, base: number): readonly SpecialField[] {
  const type = types.resolve(id);
  if (type.kind === "datasec") {
    return type.variables.flatMap((it) => {
      const variable = types.typeById(it.type);
      if (variable.kind !== "var") return none;
      const address = addressIn(types, variable.type, base + it.offset);
      if (address !== undefined) return [address];
      return tagged(types, find(types, variable.type, base + it.offset), { type: it.type });
    });
  }
  if (type.kind === "array") return inArray(types, type, base);
  if (type.kind !== "struct") return none;
  if (structs.has(type.name)) return [{ offset: base, size: type.size, kind: type.name }];
  return type.members.flatMap((member, component) =>
    tagged(types, inMember(types, member, base), { type: type.id, component }),
  );
}

/** Roots with what their tag says they are of: `contains:foo:node`. */
function tagged(
  types: Btf,
  fields: readonly SpecialField[],
  { type, component }: { readonly type: number; readonly component?: number },
): readonly SpecialField[] {
  if (!fields.some(isOpenRoot)) return fields;
  const tag = types
    .types("decl_tag")
    .find(
      (it) => it.type === type && it.component === component && it.name.startsWith("contains:"),
    );
  const [, name = "", node = ""] = tag?.name.split(":") ?? [];
  const struct = types.findByName(name, "struct");
  const member = struct?.members.find((it) => it.name === node);
  if (struct === undefined || member === undefined) return fields;
  const contains = { type: struct.id, offset: member.bitOffset / 8 };
  return fields.map((field) => (isOpenRoot(field) ? { ...field, contains } : field));
}

function isOpenRoot({ kind, contains }: SpecialField): boolean {
  return (kind === "bpf_list_head" || kind === "bpf_rb_root") && contains === undefined;
}

function inArray(
  types: Btf,
  array: Extract<BtfType, { kind: "array" }>,
  base: number,
): readonly SpecialField[] {
  const element = types.resolve(array.type);
  const address = addressIn(types, array.type, base);
  const size = element.kind === "fwd" || element.kind === "void" ? 0 : types.size(array.type);
  const first = address === undefined ? find(types, array.type, 0) : [{ ...address, offset: 0 }];
  if (first.length === 0 || array.length > 1024) return none;
  return Array.from({ length: array.length }, (_, index) =>
    first.map((field) => ({ ...field, offset: base + index * size + field.offset })),
  ).flat();
}

function inMember(
  types: Btf,
  { type, bitOffset, bitfieldSize }: BtfMember,
  base: number,
): readonly SpecialField[] {
  if (bitfieldSize > 0) return none;
  const offset = base + bitOffset / 8;
  const address = addressIn(types, type, offset);
  return address === undefined ? find(types, type, offset) : [address];
}

function addressIn(types: Btf, id: number, offset: number): SpecialField | undefined {
  const type = types.resolve(id);
  if (type.kind !== "ptr") return undefined;
  const tag = types.typeById(type.type);
  const kind = tag.kind === "type_tag" ? addresses[tag.name] : undefined;
  if (kind === undefined || tag.kind !== "type_tag") return undefined;
  return { offset, size: 8, kind, to: types.resolve(tag.type).id };
}
