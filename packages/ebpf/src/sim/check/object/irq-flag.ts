/**
 * Interrupts that are switched off: what was before is kept on the stack, and switched back in the opposite order.
 *
 * Locks that switch them off keep that in the same way, and only they switch it back: `process_irq_flag` of
 * kernel/bpf/verifier.c.
 * @module
 */
import type { Surroundings } from "../memory/access.ts";
import { Refusal } from "../refusal.ts";
import { stackSize } from "../state/stack.ts";
import type { Frame, State } from "../state/state.ts";
import { markRead, useFrom } from "../state/use.ts";
import { isFixed, type StackObject, type Value } from "../state/value.ts";

/** Functions that switch interrupts off, and which kind of functions switches them back. */
const saves: Readonly<Record<string, string>> = {
  bpf_local_irq_save: "native",
  bpf_res_spin_lock_irqsave: "lock",
};

/** The same of functions that switch them back. */
const restores: Readonly<Record<string, string>> = {
  bpf_local_irq_restore: "native",
  bpf_res_spin_unlock_irqrestore: "lock",
};

/** Where the state of interrupts is kept, as it is given to a function. */
export interface IrqFlag {
  /** The function of the kernel. */
  readonly name: string;
  readonly value: Value;
  readonly register: number;
}

/** Switches interrupts off or back, as the function does that is given the place for that. */
export function changeIrqs(around: Surroundings, flag: IrqFlag): void {
  const place = placeOf(around.state, flag);
  const by = saves[flag.name];
  if (by === undefined) restore(around.state, flag, place);
  else save(around, flag, { ...place, by });
}

interface Place {
  readonly frame: Frame;
  readonly index: number;
}

function save(
  { state, newId }: Surroundings,
  { register }: IrqFlag,
  { frame, index, by }: Place & { readonly by: string },
): void {
  const there = frame.stack[index]?.value;
  if (there !== undefined && "object" in there)
    throw new Refusal(`expected uninitialized irq flag as arg#${register - 1}`, "EINVAL");
  const object = newId();
  const value: StackObject = { kind: "irq", object, part: 0, state: by, reference: 0 };
  frame.usage.deepest = Math.max(frame.usage.deepest, stackSize - index * 8);
  frame.stack[index] = { value, size: 8, zeros: 0, use: useFrom() };
  state.irqs = [...state.irqs, object];
}

function restore(state: State, { name, register }: IrqFlag, { frame, index }: Place): void {
  const slot = frame.stack[index];
  markRead(slot?.use);
  if (slot?.value?.kind !== "irq")
    throw new Refusal(`expected an initialized irq flag as arg#${register - 1}`, "EINVAL");
  const { object, state: by } = slot.value;
  if (by !== restores[name]) {
    throw new Refusal(
      `irq flag acquired by ${by} kfuncs cannot be restored with ${restores[name]} kfuncs`,
      "EINVAL",
    );
  }
  if (state.irqs.at(-1) !== object) {
    throw new Refusal(
      `cannot restore irq state out of order, expected id=${state.irqs.at(-1)} instead of id=${object}`,
      "EACCES",
    );
  }
  frame.stack[index] = undefined;
  state.irqs = state.irqs.slice(0, -1);
}

function placeOf(state: State, { value, register }: IrqFlag): Place {
  const start = value.kind === "fp" ? stackSize + value.offset : -1;
  if (value.kind !== "fp" || !isFixed(value) || start % 8 !== 0 || start < 0 || start >= stackSize)
    throw new Refusal(`arg#${register - 1} doesn't point to an irq flag on stack`, "EINVAL");
  return { frame: state.frames[value.place]!, index: start / 8 };
}
