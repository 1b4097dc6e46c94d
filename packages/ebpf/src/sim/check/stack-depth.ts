/**
 * How much stack the functions of a program take together: `check_max_stack_depth` of kernel/bpf/verifier.c.
 *
 * What a function takes was seen on the walk over it; each function's share is rounded up to 16 bytes, as for
 * programs that are compiled.
 * @module
 */
import { calledFunction } from "./flow.ts";
import type { Slots } from "./live.ts";
import { Refusal } from "./refusal.ts";
import { type FunctionTable, tailCall } from "./functions.ts";
import { stackSize } from "./stack.ts";

/** Refuses programs whose calls together need more than 512 bytes. */
export function assertStack(
  slots: Slots,
  starts: readonly number[],
  functions: FunctionTable,
): void {
  sum(0, 0, 1);
  for (const start of [...functions.called, ...functions.later]) sum(start, 0, 1);

  function sum(start: number, above: number, calls: number): void {
    const end = starts[starts.indexOf(start) + 1] ?? slots.length;
    const tails = slots
      .slice(start, end)
      .some((it) => it?.kind === "call-helper" && it.id === tailCall);
    if (start !== 0 && tails && above >= 256) {
      throw new Refusal(
        `tail_calls are not allowed when call stack of previous frames is ${above} bytes. Too large`,
      );
    }
    const depth = above + Math.ceil(functions.usageOf(start).deepest / 16) * 16;
    if (depth > stackSize) {
      throw new Refusal(`combined stack size of ${calls} calls is ${depth}. Too large`, "EACCES");
    }
    for (let slot = start; slot < end; slot++) {
      const it = slots[slot];
      const called = it === undefined ? undefined : calledFunction(it, slot);
      const isLater = it?.kind === "wide-load" && functions.later.has(called ?? -1);
      if (called === undefined || isLater) continue;
      if (calls >= 8) throw new Refusal("the call stack of 8 frames is too deep !", "E2BIG");
      sum(called, depth, calls + 1);
    }
  }
}
