/**
 * Spin locks: taken once, given back before anything else is called: `process_spin_lock` of kernel/bpf/verifier.c.
 * @module
 */
import { type Call, isNull } from "./argument.ts";
import { Refusal } from "./refusal.ts";
import { fieldsOf, fieldsOfMap } from "./special-fields.ts";
import { isFixed, isPointer, type Value } from "./value.ts";

/** Takes or gives back the lock of the first argument, when the helper is one for that. */
export function changeLock({ helper, registers, around }: Call): void {
  if (helper.name !== "spin_lock" && helper.name !== "spin_unlock") return;
  takeOrGive(registers[1]!, around.state.locks, {
    kind: "bpf_spin_lock",
    takes: helper.name === "spin_lock",
  });
}

/** Takes or gives back a lock. */
export function takeOrGive(
  value: Value,
  locks: Map<number, string>,
  { kind, takes }: { readonly kind: string; readonly takes: boolean },
): void {
  const lock = lockOf(value, kind);
  if (takes) {
    if (locks.size > 0) throw new Refusal("Locking two bpf_spin_locks are not allowed", "EINVAL");
    locks.set(1, lock);
    return;
  }
  if (locks.size === 0) throw new Refusal("bpf_spin_unlock without taking a lock", "EINVAL");
  if (locks.get(1) !== lock) throw new Refusal("bpf_spin_unlock of different lock", "EINVAL");
  locks.clear();
}

/** What tells a lock: that the value it lies in is the same. */
function lockOf(value: Value, kind: string): string {
  if (isNull(value) || !isPointer(value) || value.nullable) {
    throw new Refusal(`R1 type=${value.kind} expected=map_value, ptr_`);
  }
  if (!isFixed(value)) {
    throw new Refusal(
      `R1 doesn't have constant offset. bpf_spin_lock has to be at the constant offset`,
      "EINVAL",
    );
  }
  const fields =
    value.kind === "map_value" && value.map !== undefined
      ? fieldsOfMap(value.map)
      : value.type === undefined || !value.own
        ? []
        : fieldsOf(value.type.types, value.type.id);
  const field = fields.find((it) => it.kind === kind);
  if (field === undefined) {
    throw new Refusal(
      `${value.kind === "map_value" ? `map '${value.map?.name}'` : "local kptr"} has no valid ${kind}`,
      "EINVAL",
    );
  }
  if (field.offset !== value.offset) {
    throw new Refusal(
      `off ${value.offset} doesn't point to 'struct ${kind}' that is at ${field.offset}`,
      "EINVAL",
    );
  }
  return `${value.kind} ${value.map?.name ?? ""} ${value.id}`;
}
