/**
 * Spin locks: taken, and given back in the opposite order, before anything else is called: `process_spin_lock` of
 * kernel/bpf/verifier.c.
 *
 * Of the plain ones only one is held at a time; resilient ones may fail to be taken, so that several are held without
 * danger. A lock is told by what it lies in.
 * @module
 */
import type { Call } from "../helper/argument.ts";
import { fieldsOf, fieldsOfMap, type SpecialField } from "../memory/special-fields.ts";
import { originFrom } from "../number/origin.ts";
import { unknownScalar } from "../number/scalar.ts";
import { Refusal } from "../refusal.ts";
import { type HeldLock, type LockKind, replaceValues, type State } from "../state/state.ts";
import { isFixed, isNull, isPointer, type Pointer, type Value } from "../state/value.ts";

/** Takes or gives back the lock of the first argument, when the helper is one for that. */
export function changeLock({ helper, registers, around: { state } }: Call): void {
  if (helper.name !== "spin_lock" && helper.name !== "spin_unlock") return;
  if (state.frames.some(({ callback }) => callback?.locked === true)) {
    throw new Refusal("can't spin_{lock,unlock} in rbtree cb", "EINVAL");
  }
  const value = registers[1]!;
  if (isNull(value) || !mayHoldLock(value)) {
    throw new Refusal(`R1 type=${value.kind} expected=map_value, ptr_`);
  }
  if (helper.name === "spin_lock") takeLock(state, value, "plain");
  else giveLockBack(state, value, "plain");
}

/** Whether it leads to what locks lie in: the value of a map, or an object that the program made. */
export function mayHoldLock(value: Value): value is Pointer {
  if (!isPointer(value) || value.nullable) return false;
  return value.kind === "map_value" || (value.kind === "ptr_" && value.own);
}

/** Takes the lock that an address leads to. */
export function takeLock(state: State, value: Pointer, kind: LockKind): void {
  const lock = lockOf(value, kind);
  if (kind === "plain" && state.locks.some((it) => it.kind === "plain"))
    throw new Refusal("Locking two bpf_spin_locks are not allowed", "EINVAL");
  if (state.locks.some((it) => it.kind !== "plain" && isAt(it, lock)))
    throw new Refusal("Acquiring the same lock again, AA deadlock detected", "EINVAL");
  state.locks = [...state.locks, lock];
}

/** Gives a lock back; what is borrowed from lists and trees ends with it. */
export function giveLockBack(state: State, value: Pointer, kind: LockKind): void {
  const lock = lockOf(value, kind);
  const word = kind === "plain" ? "bpf_spin" : "bpf_res_spin";
  const last = state.locks.at(-1);
  if (last === undefined) throw new Refusal(`${word}_unlock without taking a lock`, "EINVAL");
  if (!state.locks.some((it) => it.kind === kind && isAt(it, lock)))
    throw new Refusal(`${word}_unlock of different lock`, "EINVAL");
  if (last.kind !== kind || !isAt(last, lock))
    throw new Refusal(`${word}_unlock cannot be out of order`, "EINVAL");
  state.locks = state.locks.slice(0, -1);
  endBorrowed(state);
}

function isAt(held: HeldLock, { id, on }: HeldLock): boolean {
  return held.id === id && held.on === on;
}

/** Refuses a list or a tree when the lock that lies beside it is not held. */
export function assertLocked(
  { locks }: State,
  value: Pointer,
  { fields, kind }: { readonly fields: readonly SpecialField[]; readonly kind: string },
): void {
  const lock = fields.find((it) => it.kind === "bpf_spin_lock" || it.kind === "bpf_res_spin_lock");
  const where = `${lock?.kind ?? "bpf_spin_lock"} at off=${lock?.offset ?? -1} must be held for ${kind}`;
  if (locks.length === 0) throw new Refusal(where, "EINVAL");
  const on = placeOfLock(value);
  if (locks.some((it) => it.id === value.id && it.on === on)) return;
  throw new Refusal(`held lock and object are not in the same allocation\n${where}`, "EINVAL");
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
function lockOf(value: Pointer, kind: LockKind): HeldLock {
  const struct = kind === "plain" ? "bpf_spin_lock" : "bpf_res_spin_lock";
  if (!isFixed(value)) {
    throw new Refusal(
      `R1 doesn't have constant offset. ${struct} has to be at the constant offset`,
      "EINVAL",
    );
  }
  const field = fieldsAround(value).find((it) => it.kind === struct);
  if (field === undefined) {
    throw new Refusal(
      `${value.kind === "map_value" ? `map '${value.map?.name}'` : "local kptr"} has no valid ${struct}`,
      "EINVAL",
    );
  }
  if (field.offset !== value.offset) {
    throw new Refusal(
      `off ${value.offset} doesn't point to 'struct ${struct}' that is at ${field.offset}`,
      "EINVAL",
    );
  }
  return { kind, id: value.id, on: placeOfLock(value) };
}

/** Fields of the value or object that an address leads into. */
export function fieldsAround({ kind, map, type, own }: Pointer): readonly SpecialField[] {
  if (kind === "map_value" && map !== undefined) return fieldsOfMap(map);
  return type === undefined || !own ? [] : fieldsOf(type.types, type.id);
}
