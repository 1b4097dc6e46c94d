/**
 * How much stack the functions of a program take together: `check_max_stack_depth` of kernel/bpf/verifier.c.
 *
 * What a function takes is read off its instructions that name r10, directly or by a copy that is moved; each
 * function's share is rounded up to 16 bytes, as for programs that are compiled.
 * @module
 */
import { calledFunction } from "./flow.ts";
import type { Slots } from "./live.ts";
import { Refusal } from "./refusal.ts";
import { stackSize } from "./state.ts";

/** Refuses programs whose calls together need more than 512 bytes. */
export function assertStack(slots: Slots, functions: readonly number[]): void {
  const deepest = (start: number, calls: number): void => sum(start, 0, calls);
  deepest(0, 1);

  function sum(start: number, above: number, calls: number): void {
    const end = functions[functions.indexOf(start) + 1] ?? slots.length;
    const depth = above + ownStack(slots, start, end);
    if (depth > stackSize) {
      throw new Refusal(`combined stack size of ${calls} calls is ${depth}. Too large`, "EACCES");
    }
    for (let slot = start; slot < end; slot++) {
      const it = slots[slot];
      const called = it?.kind === "call-local" ? calledFunction(it, slot) : undefined;
      if (called !== undefined && calls <= 8) sum(called, depth, calls + 1);
    }
  }
}

function ownStack(slots: Slots, start: number, end: number): number {
  let least = -1;
  for (let slot = start; slot < end; slot++) {
    const it = slots[slot];
    if (it !== undefined && "base" in it && it.base === "r10") least = Math.min(least, it.offset);
    const before = slots[slot - 1];
    const copied = before?.kind === "alu" && before.op === "mov" && before.src === "r10";
    if (
      copied &&
      it?.kind === "alu" &&
      it.op === "add" &&
      it.dst === before.dst &&
      typeof it.src === "number"
    ) {
      least = Math.min(least, it.src);
    }
  }
  return Math.ceil(-least / 16) * 16;
}
