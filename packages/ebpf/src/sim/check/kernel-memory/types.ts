/**
 * What lies in the kernel's structs at an offset, as the kernel's verifier sees it.
 *
 * A load from an object of the kernel gives what the member there is: a number, or an address of another object. The rules
 * are those of `btf_struct_walk` of kernel/bpf/btf.c; which addresses are trusted is told by `check_ptr_to_btf_access`
 * of kernel/bpf/verifier.c and its lists of safe members.
 * @module
 */
import type { Btf } from "../../../btf/btf.ts";
import type { BtfMember, BtfType } from "../../../btf/type.ts";
import { Refusal } from "../refusal.ts";
import type { Trust, TypeRef } from "../state/value.ts";

/** What a member is. */
export type Found =
  | { readonly kind: "number" }
  | {
      readonly kind: "address";
      readonly to: TypeRef;
      /** What its type says of it: `user`, `percpu`, `rcu`. */
      readonly tags: ReadonlySet<string>;
      /** Name of the struct and of the member. */
      readonly member: string;
      /** Whether a union was passed: others may have been written there. */
      readonly union: boolean;
    };

/** A place in memory of the kernel. */
export interface Place {
  readonly offset: number;
  readonly size: number;
  /** What is around it that cannot be trusted. */
  readonly union?: boolean;
  /** Name of the struct around one without a name. */
  readonly around?: string;
}

/** What is at a place in a struct. Throws a {@link Refusal} where nothing may be read. */
export function memberAt(
  { types, id }: TypeRef,
  { offset, size, union = false, around = "" }: Place,
): Found {
  const struct = types.resolve(id);
  if (struct.kind !== "struct" && struct.kind !== "union") {
    throw new Refusal(`Type '${struct.name}' is not a struct`, "EINVAL");
  }
  const name = struct.name === "" ? around : struct.name;
  const inUnion = union || (struct.kind === "union" && struct.members.length !== 1);
  const place = { offset, size, union: inUnion, around: name };
  if (offset + size > struct.size) return behind(types, struct, place);
  for (const member of struct.members) {
    const found = inMember(types, { struct, member }, place);
    if (found !== undefined) return found;
  }
  throw new Refusal(`struct ${struct.name} doesn't have field at offset ${offset}`, "EACCES");
}

type Composite = Extract<BtfType, { kind: "struct" | "union" }>;

/** Behind the end lie the elements of an array that has no length of its own. */
function behind(types: Btf, struct: Composite, { offset, size, union }: Required<Place>): Found {
  const last = struct.members.at(-1);
  const array = last === undefined ? undefined : types.resolve(last.type);
  const beyond = new Refusal(
    `access beyond struct ${struct.name} at off ${offset} size ${size}`,
    "EACCES",
  );
  if (array?.kind !== "array" || array.length !== 0) throw beyond;
  const start = last!.bitOffset / 8;
  if (offset < start) throw beyond;
  const element = types.resolve(array.type);
  if (element.kind !== "struct" && element.kind !== "union") return { kind: "number" };
  const within = (offset - start) % element.size;
  return memberAt({ types, id: element.id }, { offset: within, size, union });
}

function inMember(
  types: Btf,
  { struct, member }: { readonly struct: Composite; readonly member: BtfMember },
  place: Required<Place>,
): Found | undefined {
  const { offset, size, union } = place;
  if (member.bitfieldSize > 0) {
    const end = Math.ceil((member.bitOffset + member.bitfieldSize) / 8);
    const start = Math.floor(member.bitOffset / 8);
    return offset <= start && offset + size >= end ? { kind: "number" } : undefined;
  }
  const start = member.bitOffset / 8;
  let type = types.resolve(member.type);
  const length = sizeOf(types, type);
  if (offset < start || offset >= start + length) return undefined;
  let within = offset - start;
  let end = length;
  while (type.kind === "array") {
    type = types.resolve(type.type);
    const element = sizeOf(types, type);
    if (element === 0) return { kind: "number" };
    if (type.kind !== "struct" && type.kind !== "union" && type.kind !== "ptr") continue;
    within %= element;
    end = element;
  }
  if (type.kind === "struct" || type.kind === "union") {
    return memberAt({ types, id: type.id }, { offset: within, size, union, around: place.around });
  }
  const name = `${place.around}.${member.name}`;
  const where = `in struct ${struct.name} with off ${offset} size ${size}`;
  if (type.kind === "ptr") {
    if (within !== 0 || size !== 8) {
      throw new Refusal(`cannot access ptr member ${member.name} with moff ${start} ${where}`);
    }
    return addressed(types, type.type, { name, union });
  }
  if (within + size <= end || union) return { kind: "number" };
  throw new Refusal(
    `access beyond the end of member ${member.name} (mend:${start + end}) ${where}`,
  );
}

function sizeOf(types: Btf, type: BtfType): number {
  if (type.kind === "array") return type.length * sizeOf(types, types.resolve(type.type));
  if (type.kind === "ptr") return types.pointerSize;
  return "size" in type ? type.size : 0;
}

function addressed(
  types: Btf,
  to: number,
  { name, union }: { readonly name: string; readonly union: boolean },
): Found {
  const tags = new Set<string>();
  let type = types.typeById(to);
  while (qualifiers.has(type.kind)) {
    if (type.kind === "type_tag") tags.add(type.name);
    type = types.typeById((type as { type: number }).type);
  }
  if (type.kind !== "struct" && type.kind !== "union" && type.kind !== "fwd")
    return { kind: "number" };
  return { kind: "address", to: { types, id: type.id }, tags, member: name, union };
}

const qualifiers: ReadonlySet<string> = new Set([
  "type_tag",
  "const",
  "volatile",
  "restrict",
  "typedef",
]);

/** How far an address is trusted that was loaded from an object, and whether it may be null. */
export function trustOf(
  found: Extract<Found, { kind: "address" }>,
  base: Trust,
  inRcu: boolean,
): { readonly trust: Trust; readonly nullable: boolean } {
  if (found.tags.has("user")) return { trust: "user", nullable: false };
  if (found.tags.has("percpu")) return { trust: "percpu", nullable: false };
  if (base === "untrusted") return { trust: "untrusted", nullable: false };
  if (base !== "trusted" && base !== "rcu") return { trust: "plain", nullable: false };
  const { member } = found;
  if (trustedMembers.has(member)) return { trust: "trusted", nullable: false };
  if (trustedOrNull.has(member)) return { trust: "trusted", nullable: true };
  if (!inRcu) return { trust: "plain", nullable: false };
  if (rcuMembers.has(member)) return { trust: "rcu", nullable: false };
  if (found.tags.has("rcu") || rcuOrNull.has(member)) return { trust: "rcu", nullable: true };
  return { trust: "untrusted", nullable: false };
}

/** `BTF_TYPE_SAFE_TRUSTED` and its kind. */
const trustedMembers: ReadonlySet<string> = new Set([
  "bpf_iter_meta.seq",
  "bpf_iter__task.meta",
  "bpf_iter__task.task",
  "linux_binprm.file",
  "file.f_inode",
]);
const trustedOrNull: ReadonlySet<string> = new Set([
  "socket.sk",
  "vm_area_struct.vm_mm",
  "vm_area_struct.vm_file",
  "dentry.d_inode",
]);
const rcuMembers: ReadonlySet<string> = new Set([
  "task_struct.cpus_ptr",
  "task_struct.cgroups",
  "task_struct.real_parent",
  "task_struct.group_leader",
  "cgroup.kn",
  "css_set.dfl_cgrp",
  "cgroup_subsys_state.cgroup",
]);
const rcuOrNull: ReadonlySet<string> = new Set([
  "mm_struct.exe_file",
  "sk_buff.sk",
  "request_sock.sk",
]);

/** The struct called `name`. */
export function structNamed(types: Btf | undefined, name: string): TypeRef | undefined {
  const type = types?.findByName(name, "struct") ?? types?.findByName(name, "union");
  return type === undefined ? undefined : { types: types!, id: type.id };
}
