/**
 * Loads and stores that touch fields of map values that are the kernel's: `check_map_kptr_access` and its kind.
 * @module
 */
import { isInRcu } from "../kernel-memory/object.ts";
import { Refusal, Undecided } from "../refusal.ts";
import {
  isFixed,
  isNull,
  type Pointer,
  pointer,
  reach,
  type Trust,
  type TypeRef,
  type Value,
} from "../state/value.ts";
import type { Access, Surroundings } from "./access.ts";
import type { SpecialField } from "./special-fields.ts";

/** What a load of a field gives; `undefined` where no field is touched. */
export function accessField(
  { program, state, newId }: Surroundings,
  to: Pointer,
  { access, fields }: { readonly access: Access; readonly fields: readonly SpecialField[] },
): Value | undefined {
  const { size, stored } = access;
  const { least, most } = reach(to, access.offset);
  const field = fields.find((it) => least < it.offset + it.size && most + size > it.offset);
  if (field === undefined) return undefined;
  const { kind } = field;
  if (!kind.startsWith("kptr") && kind !== "uptr") {
    throw new Refusal(`direct access to ${kind} is disallowed`);
  }
  if (access.byCall === true) throw new Refusal("kptr cannot be accessed indirectly by helper");
  if (!isFixed(to)) throw new Refusal("kptr access cannot have variable offset");
  if (least !== field.offset)
    throw new Refusal(`kptr access misaligned expected=${field.offset} off=${least}`);
  if (size !== 8) throw new Refusal("kptr access size must be BPF_DW");
  const type = kernelType(program, to, field);
  if (stored !== undefined) return storeAddress(field, stored, type);
  const isOwn = type.types !== program.kernelTypes;
  const safe =
    kind === "kptr_ref" &&
    isInRcu(state) &&
    (isOwn || rcuSafe.has(type.types.typeById(type.id).name));
  const trust: Trust = safe ? "rcu" : "untrusted";
  return pointer("ptr_", { type, trust, own: isOwn && safe, nullable: true, id: newId() });
}

/** `rcu_protected_type`: what stays for as long as RCU says, when a map holds it. */
const rcuSafe: ReadonlySet<string> = new Set([
  "task_struct",
  "cgroup",
  "bpf_cpumask",
  "bpf_crypto_ctx",
]);

function storeAddress({ kind }: SpecialField, stored: Value, type: TypeRef): Value {
  const isZero = isNull(stored);
  if (kind !== "kptr_untrusted") throw new Refusal("store to referenced kptr disallowed");
  if (!isZero && stored.kind !== "ptr_") {
    throw new Refusal(`invalid kptr access, R0 type=${stored.kind} expected=ptr_`);
  }
  if (isZero || stored.kind !== "ptr_") return stored;
  if (!isFixed(stored)) throw new Refusal(`variable ${stored.trust}_ptr_ access disallowed`);
  const expected = type.types.typeById(type.id).name;
  const of = stored.type === undefined ? "" : stored.type.types.typeById(stored.type.id).name;
  if (stored.offset === 0 && of === expected) return stored;
  throw new Refusal(`invalid kptr access, R0 type=ptr_${of} expected=ptr_${expected}`);
}

/** The type of the kernel that a field's own type stands for; the program's own where the kernel has none. */
export function kernelType(
  { kernelTypes }: Surroundings["program"],
  to: Pointer,
  { to: id = 0 }: SpecialField,
): TypeRef {
  const types = to.map?.types ?? to.type!.types;
  const own = types.typeById(id);
  if (kernelTypes === undefined) throw new Undecided(`struct ${own.name}`);
  const found = kernelTypes.findByName(own.name, "struct");
  return found === undefined ? { types, id } : { types: kernelTypes, id: found.id };
}
