/**
 * Interrupts that are switched off: what was before is kept on the stack, and switched back in the opposite order.
 *
 * `process_irq_flag` of kernel/bpf/verifier.c. Locks that switch interrupts off by themselves are left to others.
 * @module
 */
import type { KfuncCall } from "./kfunc-argument.ts";
import { markRead, useFrom } from "./origin.ts";
import { Refusal } from "./refusal.ts";
import { stackSize } from "./stack.ts";
import { currentFrame, type Frame, type State } from "./state.ts";
import { isFixed, type StackObject, type Value } from "./value.ts";

const changes: Readonly<Record<string, (call: KfuncCall, place: Place) => void>> = {
  bpf_local_irq_save: save,
  bpf_local_irq_restore: restore,
};

/** Whether a function switches interrupts off or back. */
export function isIrqFunction(name: string): boolean {
  return name in changes;
}

/** Checks a call. */
export function changeIrqs(call: KfuncCall): void {
  const { state } = call.around;
  changes[call.name]!(call, placeOf(state, currentFrame(state).registers[1]!));
}

interface Place {
  readonly frame: Frame;
  readonly index: number;
}

function save({ around: { state, newId } }: KfuncCall, { frame, index }: Place): void {
  const there = frame.stack[index]?.value;
  if (there !== undefined && "object" in there)
    throw new Refusal("expected uninitialized irq flag as arg#0", "EINVAL");
  const object = newId();
  const value: StackObject = { kind: "irq", object, part: 0, state: "saved", reference: 0 };
  frame.usage.deepest = Math.max(frame.usage.deepest, stackSize - index * 8);
  frame.stack[index] = { value, size: 8, zeros: 0, use: useFrom() };
  state.irqs = [...state.irqs, object];
}

function restore({ around: { state } }: KfuncCall, { frame, index }: Place): void {
  const slot = frame.stack[index];
  markRead(slot?.use);
  if (slot?.value?.kind !== "irq")
    throw new Refusal("expected an initialized irq flag as arg#0", "EINVAL");
  const { object } = slot.value;
  if (state.irqs.at(-1) !== object) {
    throw new Refusal(
      `cannot restore irq state out of order, expected id=${state.irqs.at(-1)} instead of id=${object}`,
      "EACCES",
    );
  }
  frame.stack[index] = undefined;
  state.irqs = state.irqs.slice(0, -1);
}

function placeOf(state: State, value: Value): Place {
  if (value.kind === "unset") throw new Refusal("R1 !read_ok");
  const start = value.kind === "fp" ? stackSize + value.offset : -1;
  if (value.kind !== "fp" || !isFixed(value) || start % 8 !== 0 || start < 0 || start >= stackSize)
    throw new Refusal("arg#0 doesn't point to an irq flag on stack", "EINVAL");
  return { frame: state.frames[value.place]!, index: start / 8 };
}
