/**
 * Dynamic pointers: objects of two slots on the stack that say where memory is and how much, with slices of that memory.
 *
 * A slice carries the id of its pointer, and of the record that the pointer holds; so it ends when the pointer is written
 * over, when the record is given back, or when the packet may have moved. `process_dynptr_func` and
 * `mark_stack_slots_dynptr` of kernel/bpf/verifier.c.
 * @module
 */
import type { Surroundings } from "../memory/access.ts";
import { originFrom } from "../number/origin.ts";
import { unknownScalar } from "../number/scalar.ts";
import { Refusal } from "../refusal.ts";
import { stackSize, type StackSlot } from "../state/stack.ts";
import { type Frame, replaceValues, type State } from "../state/state.ts";
import { markRead, useFrom } from "../state/use.ts";
import { isFixed, type Pointer, pointer, type StackObject, type Value } from "../state/value.ts";

/** What a dynamic pointer is about. */
export interface Dynptr {
  readonly id: number;
  /** `local`, `ringbuf`, `skb`, `xdp`, `skb_meta`. */
  readonly about: string;
  /** Id of the record that it holds, or 0. */
  readonly reference: number;
  /** Whether it is one that the program only was given. */
  readonly isConst: boolean;
}

/** An argument of a function. */
export interface DynptrArgument {
  readonly value: Value;
  readonly register: number;
}

/** Makes a dynamic pointer where `to` leads; one that was there ends. */
export function makeDynptr(
  { state, newId }: Pick<Surroundings, "state" | "newId">,
  { value, register }: DynptrArgument,
  { about, reference }: { readonly about: string; readonly reference: number },
): void {
  if (value.kind === "dynptr_ptr") {
    throw new Refusal("Dynptr has to be an uninitialized dynptr", "EINVAL");
  }
  const { frame, first } = placeOf(state, value, register);
  overwriteDynptrs(state, frame, { first, slots: 2 });
  frame.usage.deepest = Math.max(frame.usage.deepest, stackSize - first * 8);
  const object = newId();
  for (const part of [0, 1]) {
    const made: StackObject = { kind: "dynptr", object, part, state: about, reference };
    frame.stack[first + part] = { value: made, size: 8, zeros: 0, use: useFrom() };
  }
}

/** The dynamic pointer that an argument leads to. */
export function dynptrAt(state: State, { value, register }: DynptrArgument): Dynptr {
  if (value.kind === "dynptr_ptr") {
    if (value.offset === 0 && isFixed(value))
      return { id: value.id, about: "local", reference: 0, isConst: true };
    throw new Refusal(
      `dereference of modified dynptr_ptr ptr R${register} off=${value.offset} disallowed`,
    );
  }
  const { frame, first } = placeOf(state, value, register);
  const [low, high] = [frame.stack[first], frame.stack[first + 1]];
  markRead(low?.use);
  markRead(high?.use);
  const [a, b] = [dynptrIn(low), dynptrIn(high)];
  if (a?.part !== 0 || b?.part !== 1 || a.object !== b.object) {
    throw new Refusal(`Expected an initialized dynptr as arg #${register - 1}`, "EINVAL");
  }
  return { id: a.object, about: a.state, reference: a.reference, isConst: false };
}

/** Refuses a dynamic pointer that is about something else. */
export function assertAbout({ about }: Dynptr, wanted: string, register: number): void {
  if (about === wanted) return;
  throw new Refusal(`Expected a dynptr of type ${wanted} as arg #${register - 1}`, "EINVAL");
}

/** The reference of a dynamic pointer that is given back. */
export function releasedBy(dynptr: Dynptr, register: number): number {
  if (dynptr.isConst) throw new Refusal("cannot release unowned const bpf_dynptr", "EINVAL");
  if (dynptr.reference !== 0) return dynptr.reference;
  throw new Refusal(`arg ${register} is an unacquired reference`, "EINVAL");
}

/** Memory of `size` bytes that a dynamic pointer leads to, which may be null. */
export function sliceOf(
  dynptr: Dynptr,
  {
    size,
    id,
    kind,
  }: { readonly size: number; readonly id: number; readonly kind: "mem" | "rdonly_mem" },
): Pointer {
  const { reference, about } = dynptr;
  const ofPacket = packetKinds.has(about);
  return pointer(kind, { nullable: true, id, size, reference, slice: dynptr.id, ofPacket });
}

const packetKinds: ReadonlySet<string> = new Set(["skb", "xdp", "skb_meta"]);

/** Whether writing to the memory may move the packet. */
export function movesItsPacket({ about }: Dynptr): boolean {
  return about === "skb" || about === "skb_meta";
}

/** Slots that are written over end the dynamic pointers that are partly there, and their slices with them. */
export function overwriteDynptrs(
  state: State,
  { stack }: Frame,
  { first, slots }: { readonly first: number; readonly slots: number },
): void {
  for (let index = first; index < first + slots; index++) {
    const found = dynptrIn(stack[index]);
    if (found === undefined) continue;
    if (found.reference !== 0) throw new Refusal("cannot overwrite referenced dynptr", "EINVAL");
    const start = index - found.part;
    for (const slot of [start, start + 1]) stack[slot] = undefined;
    endSlices(state, found.object);
  }
}

function endSlices(state: State, dynptr: number): void {
  replaceValues(state, (it) =>
    "slice" in it && it.slice === dynptr ? { ...unknownScalar, origin: originFrom() } : it,
  );
}

/** Ends all dynamic pointers that hold a reference which was given back. */
export function endDynptrs({ frames }: State, reference: number): void {
  for (const { stack } of frames) {
    for (const [index, slot] of stack.entries())
      if (dynptrIn(slot)?.reference === reference) stack[index] = undefined;
  }
}

function dynptrIn(slot: StackSlot | undefined): StackObject | undefined {
  return slot?.value?.kind === "dynptr" ? slot.value : undefined;
}

function placeOf(
  state: State,
  value: Value,
  register: number,
): { readonly frame: Frame; readonly first: number } {
  if (value.kind !== "fp") {
    throw new Refusal(
      `arg#${register - 1} expected pointer to stack or const struct bpf_dynptr`,
      "EINVAL",
    );
  }
  if (!isFixed(value)) throw new Refusal("dynptr has to be at a constant offset", "EINVAL");
  const start = stackSize + value.offset;
  if (start % 8 !== 0 || start < 0 || start + 16 > stackSize) {
    throw new Refusal(`cannot pass in dynptr at an offset=${value.offset}`, "EINVAL");
  }
  return { frame: state.frames[value.place]!, first: start / 8 };
}
