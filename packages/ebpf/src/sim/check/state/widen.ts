/**
 * Forgetting numbers that change from round to round and on which nothing has depended: so loops that end by themselves
 * come to a state that was there before. `widen_imprecise_scalars` of kernel/bpf/verifier.c.
 * @module
 */
import { originFrom } from "../number/origin.ts";
import { covers, unknownScalar } from "../number/scalar.ts";
import type { State } from "./state.ts";
import type { Value } from "./value.ts";

/** Makes numbers of `now` unknown that were others in the round `before`, unless they counted. */
export function widen(before: State, now: State): void {
  for (const [index, frame] of now.frames.entries()) {
    const old = before.frames[index];
    if (old === undefined) return;
    for (let number = 0; number < 10; number++) {
      frame.registers[number] = widened(old.registers[number], frame.registers[number]!);
    }
    for (const [slot, at] of frame.stack.entries()) {
      if (at?.value?.kind !== "scalar" || at.size !== 8) continue;
      frame.stack[slot] = { ...at, value: widened(old.stack[slot]?.value, at.value) };
    }
  }
}

function widened(old: Value | undefined, now: Value): Value {
  if (old?.kind !== "scalar" || now.kind !== "scalar") return now;
  if (old.origin?.precise !== false || now.origin?.precise !== false) return now;
  if (covers(old, now) && covers(now, old)) return now;
  return { ...unknownScalar, origin: originFrom(now.origin) };
}
