/**
 * How much stack the functions of a program take together: `check_max_stack_depth` of kernel/bpf/verifier.c.
 *
 * What a function takes was seen on the walk over it; each function's share is rounded up to 16 bytes, as for
 * programs that are compiled.
 * @module
 */
import { calledFunction } from "../flow/control-flow.ts";
import type { Slots } from "../flow/live.ts";
import { Refusal } from "../refusal.ts";
import { stackSize } from "../state/stack.ts";
import { type FunctionTable, tailCall } from "./table.ts";

/** A function on the way that calls lead. */
interface Entered {
  readonly start: number;
  /** Bytes of the stacks of those that called it. */
  readonly above: number;
  /** How many functions are active, with this one. */
  readonly calls: number;
  /** Whether somebody else called one of them, so that nothing may be thrown. */
  readonly calledBack: boolean;
}

/** Refuses programs whose calls together need more than 512 bytes, or that call what they must not from where they are. */
export function assertStack(
  slots: Slots,
  starts: readonly number[],
  functions: FunctionTable,
): void {
  for (const start of [0, ...functions.called, ...functions.later])
    enter({ start, above: 0, calls: 1, calledBack: false });

  function enter({ start, above, calls, ...entered }: Entered): void {
    const end = starts[starts.indexOf(start) + 1] ?? slots.length;
    const calledBack = entered.calledBack || functions.callbacks.has(start);
    if (start !== 0) assertTailCalls(slots.slice(start, end), above);
    const depth = above + Math.ceil(functions.usageOf(start).deepest / 16) * 16;
    if (depth > stackSize) {
      throw new Refusal(`combined stack size of ${calls} calls is ${depth}. Too large`, "EACCES");
    }
    for (let slot = start; slot < end; slot++) {
      if (calledBack) assertNoThrow(functions, slot, starts.indexOf(start));
      const called = enteredAt(slot);
      if (called === undefined) continue;
      if (calls >= 8) throw new Refusal("the call stack of 8 frames is too deep !", "E2BIG");
      enter({ start: called, above: depth, calls: calls + 1, calledBack });
    }
  }

  /** The function that an instruction calls, or has called while it waits. */
  function enteredAt(slot: number): number | undefined {
    const it = slots[slot];
    const called = it === undefined ? undefined : calledFunction(it, slot);
    const isCall = it?.kind === "call-local";
    if (called !== undefined && isCall && called === functions.exceptionCallback) {
      throw new Refusal(`insn ${slot} cannot call exception cb directly`, "EINVAL");
    }
    return called !== undefined && !isCall && functions.later.has(called) ? undefined : called;
  }
}

function assertTailCalls(body: Slots, above: number): void {
  if (above < 256 || !body.some((it) => it?.kind === "call-helper" && it.id === tailCall)) return;
  throw new Refusal(
    `tail_calls are not allowed when call stack of previous frames is ${above} bytes. Too large`,
  );
}

function assertNoThrow(functions: FunctionTable, slot: number, index: number): void {
  if (functions.kfuncAt(slot) !== "bpf_throw") return;
  throw new Refusal(
    `bpf_throw kfunc (insn ${slot}) cannot be called from callback subprog ${index}`,
    "EINVAL",
  );
}
