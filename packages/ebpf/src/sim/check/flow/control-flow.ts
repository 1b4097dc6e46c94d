/**
 * The shape of a program: where each instruction leads, checked before anything is known of values.
 *
 * Every jump must lead to an instruction of the same function, every instruction must be reached, and each function
 * must end with a jump or an exit. Those are the rules of `check_subprogs` and `check_cfg` of kernel/bpf/verifier.c.
 * @module
 */
import type { Instruction } from "../../../isa/instruction.ts";
import { Refusal } from "../refusal.ts";
import type { Slots } from "./live.ts";

/** Slots that may follow within the function. */
export function successors(it: Instruction, slot: number): readonly number[] {
  const next = slot + (it.kind === "wide-load" ? 2 : 1);
  if (it.kind === "exit") return [];
  if (it.kind === "jump" || it.kind === "long-jump") return [next + (it.target as number)];
  if (it.kind === "jump-if" || it.kind === "may-goto") return [next, next + (it.target as number)];
  return [next];
}

/** Slot of the function that an instruction calls or takes the address of. */
export function calledFunction(it: Instruction, slot: number): number | undefined {
  if (it.kind === "call-local") return slot + 1 + (it.target as number);
  if (it.kind !== "wide-load" || typeof it.value === "bigint") return undefined;
  return it.value.kind === "function" ? slot + 1 + (it.value.target as number) : undefined;
}

/**
 * Slots that functions start at, in order; the main one is at 0. `entries` are those that nobody in the program calls.
 * Throws a {@link Refusal} when the shape is wrong.
 */
export function checkFlow(slots: Slots, entries: readonly number[] = []): readonly number[] {
  const starts = new Set([0, ...entries]);
  for (const [slot, it] of slots.entries()) {
    const called = it === undefined ? undefined : calledFunction(it, slot);
    if (called === undefined) continue;
    if (slots[called] === undefined) {
      throw new Refusal(`invalid destination in call at insn ${slot}`, "EINVAL", slot);
    }
    starts.add(called);
  }
  const functions = [...starts].toSorted((a, b) => a - b);
  for (const [index, start] of functions.entries()) {
    checkFunction(slots, start, functions[index + 1] ?? slots.length);
  }
  checkReached(slots, entries);
  return functions;
}

function checkFunction(slots: Slots, start: number, end: number): void {
  let last = start;
  for (let slot = start; slot < end; slot++) {
    const it = slots[slot];
    if (it === undefined) continue;
    last = slot;
    const target = jumps.has(it.kind) ? successors(it, slot).at(-1)! : start;
    if (target < start || target >= end) {
      throw new Refusal(`jump out of range from insn ${slot} to ${target}`, "EINVAL", slot);
    }
  }
  const ending = slots[last]?.kind;
  if (ending !== "exit" && ending !== "jump" && ending !== "long-jump") {
    throw new Refusal("last insn is not an exit or jmp", "EINVAL", last);
  }
}

const jumps: ReadonlySet<string> = new Set(["jump", "long-jump", "jump-if", "may-goto"]);

function checkReached(slots: Slots, entries: readonly number[]): void {
  const reached = new Set<number>();
  const waiting = [0, ...entries];
  for (let slot = waiting.pop(); slot !== undefined; slot = waiting.pop()) {
    const it = slots[slot];
    if (it === undefined || reached.has(slot)) continue;
    reached.add(slot);
    const called = calledFunction(it, slot);
    waiting.push(...successors(it, slot), ...(called === undefined ? [] : [called]));
  }
  for (const [slot, it] of slots.entries()) {
    if (it !== undefined && !reached.has(slot)) {
      throw new Refusal(`unreachable insn ${slot}`, "EINVAL", slot);
    }
  }
}
