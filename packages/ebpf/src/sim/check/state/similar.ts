/**
 * Whether one state allows all that another one can be, so that nothing new can come of the other.
 *
 * What nobody read need not be alike, nor the ranges of numbers on which nothing depended; when a path is ended because of
 * a state that was there before, what counted for that one counts for the path. The rules are those of `states_equal`
 * and `propagate_precision` of kernel/bpf/verifier.c.
 * @module
 */
import { leadPrecision } from "../number/origin.ts";
import type { Scalar } from "../number/scalar.ts";
import { unknownScalar, covers } from "../number/scalar.ts";
import { type StackSlot, zeroBytes } from "./stack.ts";
import type { Frame, HeldLock, State } from "./state.ts";
import { leadReading } from "./use.ts";
import {
  isPointer,
  type SameIds,
  sameId,
  samePlace,
  subsumesPointer,
  type Value,
} from "./value.ts";

/**
 * How to compare: `needed` leaves out what did not count, which only is known when all has been followed; `all` leaves
 * out only registers that cannot be read.
 */
export type Comparing = "needed" | "all";

/** Masks of the registers that can be read at a slot. */
export type Live = (slot: number) => number;

/** Where a state was found to differ from another one: it is likely to differ there from the next one too. */
export interface Difference {
  /** Number of the frame; -1 as long as nothing was found. */
  frame: number;
  /** The register, or 10 and more for slots of the stack. */
  at: number;
}

/** How to compare two states. */
export interface ComparingStates {
  readonly live: Live;
  readonly comparing: Comparing;
  /** Looked at first, and set to what was found. */
  readonly difference: Difference;
}

/** Whether whatever was found out from `old` on holds from `now` on too. */
export function subsumesState(old: State, now: State, how: ComparingStates): boolean {
  if (!sameSurroundings(old, now) || differsAgain(old, now, how)) return false;
  const { comparing, difference } = how;
  const comparison: Comparison = { ids: new Map(), comparing };
  for (const [id, other] of zipped(old.references, now.references)) {
    if (!sameId(id, other, comparison.ids)) return false;
  }
  for (const [index, id] of old.irqs.entries()) {
    if (!sameId(id, now.irqs[index]!, comparison.ids)) return false;
  }
  for (const [index, lock] of old.locks.entries()) {
    if (!sameLock(lock, now.locks[index]!, comparison.ids)) return false;
  }
  return old.frames.every((frame, index) => {
    const above = old.frames[index + 1];
    const live = above === undefined ? how.live(old.slot) : how.live(goesOnAt(above)) | 0x3c0;
    const other = now.frames[index]!;
    if (!sameCall(frame, other)) return false;
    const at = differenceOf(frame, other, comparison, live);
    if (at === undefined) return true;
    difference.frame = index;
    difference.at = at;
    return false;
  });
}

function differsAgain(old: State, now: State, { comparing, difference }: ComparingStates): boolean {
  const { frame, at } = difference;
  const [a, b] = [old.frames[frame], now.frames[frame]];
  if (a === undefined || b === undefined) return false;
  const how = { ids: new Map<number, number>(), comparing };
  return at < 10
    ? !subsumes(a.registers[at]!, b.registers[at]!, how)
    : !subsumesSlot(a.stack[at - 10], b.stack[at - 10], how);
}

/** Where the caller of a function goes on: helpers are looked at again, with their arguments. */
function goesOnAt({ callback, returnTo }: Frame): number {
  return callback === undefined || callback.later ? returnTo : callback.call;
}

/**
 * Makes what counts for `old`, now or later, count for `now`, whose path is ended because of it. When `old` is still being
 * followed, as in loops, more may turn out to count.
 */
export function inherit(old: State, now: State): void {
  for (const [index, frame] of old.frames.entries()) {
    const other = now.frames[index]!;
    for (let number = 0; number < 10; number++) {
      inheritValue(frame.registers[number]!, other.registers[number]);
    }
    for (const [slot, at] of frame.stack.entries()) {
      if (at === undefined) continue;
      if (at.value !== undefined) inheritValue(at.value, other.stack[slot]?.value);
      leadReading(at.use, other.stack[slot]?.use);
    }
  }
}

function inheritValue(old: Value, now: Value | undefined): void {
  if (old.kind === "scalar" && now?.kind === "scalar") leadPrecision(old.origin, now.origin);
}

function sameSurroundings(old: State, now: State): boolean {
  return (
    old.frames.length === now.frames.length &&
    old.references.size === now.references.size &&
    old.locks.length === now.locks.length &&
    old.sleepable === now.sleepable &&
    old.rcu === now.rcu &&
    old.preempt === now.preempt &&
    old.irqs.length === now.irqs.length
  );
}

function zipped(
  a: ReadonlyMap<number, unknown>,
  b: ReadonlyMap<number, unknown>,
): [number, number][] {
  const others = [...b.keys()];
  return [...a.keys()].map((key, index) => [key, others[index]!]);
}

function sameLock(old: HeldLock, now: HeldLock, ids: SameIds): boolean {
  return old.kind === now.kind && old.on === now.on && samePlace(old.id, now.id, ids);
}

interface Comparison {
  readonly ids: SameIds;
  readonly comparing: Comparing;
}

function sameCall(old: Frame, now: Frame): boolean {
  if (old.start !== now.start || old.returnTo !== now.returnTo) return false;
  return old.calls <= now.calls && (old.callback === undefined) === (now.callback === undefined);
}

/** The register or, from 10 on, the slot at which `now` can be what `old` cannot. */
function differenceOf(old: Frame, now: Frame, how: Comparison, live: number): number | undefined {
  for (let number = 0; number < 10; number++) {
    if ((live & (1 << number)) === 0) continue;
    if (!subsumes(old.registers[number]!, now.registers[number]!, how)) return number;
  }
  for (let index = 0; index < old.stack.length; index++) {
    if (!subsumesSlot(old.stack[index], now.stack[index], how)) return 10 + index;
  }
  return undefined;
}

/** Whether whatever holds for `old` holds for `now`: everything `now` can be, `old` can be. */
function subsumes(old: Value, now: Value, how: Comparison): boolean {
  if (old.kind === "unset") return true;
  if (old.kind === "scalar") return now.kind === "scalar" && subsumesScalar(old, now, how);
  if (isPointer(old)) return isPointer(now) && subsumesPointer(old, now, how.ids);
  return now.kind === old.kind && sameObject(old, now, how);
}

function sameObject(old: Value, now: Value, { ids }: Comparison): boolean {
  if (!("object" in old) || !("object" in now)) return false;
  return (
    old.part === now.part &&
    old.state === now.state &&
    old.trust === now.trust &&
    sameId(old.object, now.object, ids) &&
    samePlace(old.reference, now.reference, ids)
  );
}

function subsumesScalar(old: Scalar, now: Scalar, { ids, comparing }: Comparison): boolean {
  if (old === now) return true;
  if (comparing === "needed" && old.origin?.precise === false) return true;
  if (old.id !== 0 && old.added !== now.added) return false;
  return covers(old, now) && sameId(old.id, now.id, ids);
}

function subsumesSlot(
  old: StackSlot | undefined,
  now: StackSlot | undefined,
  how: Comparison,
): boolean {
  if (old === undefined || old === now) return true;
  if (how.comparing === "needed" && !old.use.read) return true;
  const zeros = now === undefined ? 0 : zeroBytes(now);
  if ((zeroBytes(old) & ~zeros) !== 0) return false;
  const other = now?.value;
  if (old.value === undefined) return other === undefined || other.kind === "scalar";
  if (other !== undefined) return old.size === now!.size && subsumes(old.value, other, how);
  if (old.value.kind !== "scalar") return false;
  if (how.comparing === "needed" && old.value.origin?.precise === false) return true;
  return old.size === 8 && subsumesScalar(old.value, unknownScalar, how);
}
