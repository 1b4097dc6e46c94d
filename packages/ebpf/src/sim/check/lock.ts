/**
 * Spin locks: taken once, given back before anything else is called: `process_spin_lock` of kernel/bpf/verifier.c.
 * @module
 */
import type { Call } from "./argument.ts";
import { originFrom } from "./origin.ts";
import { Refusal } from "./refusal.ts";
import { unknownScalar } from "./scalar.ts";
import { fieldsOf, fieldsOfMap, type SpecialField } from "./special-fields.ts";
import { replaceValues, type State } from "./state.ts";
import { isFixed, isNull, isPointer, type Pointer, type Value } from "./value.ts";

/** Takes or gives back the lock of the first argument, when the helper is one for that. */
export function changeLock({ helper, registers, around: { state } }: Call): void {
  if (helper.name !== "spin_lock" && helper.name !== "spin_unlock") return;
  if (state.frames.some(({ callback }) => callback?.locked === true)) {
    throw new Refusal("can't spin_{lock,unlock} in rbtree cb", "EINVAL");
  }
  const lock = lockOf(registers[1]!, "bpf_spin_lock");
  if (helper.name === "spin_lock") {
    if (state.locks.size > 0)
      throw new Refusal("Locking two bpf_spin_locks are not allowed", "EINVAL");
    state.locks.set(lock.id, lock.on);
    return;
  }
  if (state.locks.size === 0) throw new Refusal("bpf_spin_unlock without taking a lock", "EINVAL");
  if (state.locks.get(lock.id) !== lock.on)
    throw new Refusal("bpf_spin_unlock of different lock", "EINVAL");
  state.locks.clear();
  endBorrowed(state);
}

/** Refuses a list or a tree when the lock that lies beside it is not held. */
export function assertLocked(
  { locks }: State,
  value: Pointer,
  { fields, kind }: { readonly fields: readonly SpecialField[]; readonly kind: string },
): void {
  const at = fields.find((it) => it.kind === "bpf_spin_lock")?.offset ?? -1;
  if (locks.size === 0)
    throw new Refusal(`bpf_spin_lock at off=${at} must be held for ${kind}`, "EINVAL");
  if (locks.get(value.id) === placeOfLock(value)) return;
  throw new Refusal(
    `held lock and object are not in the same allocation\nbpf_spin_lock at off=${at} must be held for ${kind}`,
    "EINVAL",
  );
}

/** Ends all that is borrowed from lists and trees: the lock is given back. */
function endBorrowed(state: State): void {
  replaceValues(state, (it) =>
    isPointer(it) && it.kind === "ptr_" && it.own && it.reference === 0
      ? { ...unknownScalar, origin: originFrom() }
      : it,
  );
}

/** What a lock lies in, beside the id of that. */
function placeOfLock({ kind, map, type }: Pointer): object | string {
  return map ?? type?.types ?? kind;
}

/** What tells a lock: the value or object that it lies in. */
function lockOf(value: Value, kind: string): { readonly id: number; readonly on: object | string } {
  if (isNull(value) || !isPointer(value) || value.nullable) {
    throw new Refusal(`R1 type=${value.kind} expected=map_value, ptr_`);
  }
  if (!isFixed(value)) {
    throw new Refusal(
      `R1 doesn't have constant offset. bpf_spin_lock has to be at the constant offset`,
      "EINVAL",
    );
  }
  const field = fieldsAround(value).find((it) => it.kind === kind);
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
  return { id: value.id, on: placeOfLock(value) };
}

/** Fields of the value or object that an address leads into. */
export function fieldsAround({ kind, map, type, own }: Pointer): readonly SpecialField[] {
  if (kind === "map_value" && map !== undefined) return fieldsOfMap(map);
  return type === undefined || !own ? [] : fieldsOf(type.types, type.id);
}
