/**
 * Iterators on the stack: begun, asked for the next element until there is none, and ended.
 *
 * Asking parts the path: with an element, after which the same is asked again, and without, after which only the end is
 * left. `process_iter_next_call` of kernel/bpf/verifier.c.
 * @module
 */
import type { Surroundings } from "../memory/access.ts";
import { originFrom } from "../number/origin.ts";
import { constantScalar } from "../number/scalar.ts";
import { Refusal } from "../refusal.ts";
import { stackSize, type StackSlot } from "../state/stack.ts";
import { copyState, type State } from "../state/state.ts";
import { markRead, useFrom } from "../state/use.ts";
import { isFixed, type Pointer, type StackObject, type Value } from "../state/value.ts";
import { widen } from "../state/widen.ts";

/** An iterator as it is given to a function. */
export interface IteratorPlace {
  readonly place: Value;
  /** Name of its struct without `bpf_`. */
  readonly type: string;
  /** Name of the function that gets it. */
  readonly name: string;
  /** Eight bytes each. */
  readonly words: number;
}

/** Begins an iterator; the path that follows holds it. `trust` is that of what it goes over. */
export function newIterator(
  around: Surroundings,
  iterator: IteratorPlace,
  trust: StackObject["trust"],
): void {
  const { frame, first } = slotsOf(around.state, iterator);
  for (let part = 0; part < iterator.words; part++) {
    if (isObject(frame.stack[first + part])) {
      throw new Refusal(`expected uninitialized ${iterator.type} as arg #0`, "EINVAL");
    }
  }
  const reference = around.newId();
  around.state.references.set(reference, around.state.slot);
  frame.usage.deepest = Math.max(frame.usage.deepest, stackSize - first * 8);
  const state = `${iterator.type} active`;
  for (let part = 0; part < iterator.words; part++) {
    const value: StackObject = {
      kind: "iterator",
      object: reference,
      part,
      state,
      reference,
      trust,
    };
    frame.stack[first + part] = { value, size: 8, zeros: 0, use: useFrom() };
  }
}

/** Ends an iterator. */
export function destroyIterator(around: Surroundings, iterator: IteratorPlace): void {
  const { reference } = current(around.state, iterator);
  around.state.references.delete(reference);
  const { frame, first } = slotsOf(around.state, iterator);
  for (let part = 0; part < iterator.words; part++) frame.stack[first + part] = undefined;
}

/** Asks for the next element. `finish` sets the registers of a state to what they are behind the call. */
export function nextOf(
  around: Surroundings,
  iterator: IteratorPlace,
  finish: (state: State, result: Value) => void,
  elementOf: (iterator: StackObject) => Pointer,
): void {
  const { state } = around;
  const found = current(state, iterator);
  if (found.state.endsWith(" active")) {
    const more = copyState(state);
    const before = around.before();
    if (before !== undefined) widen(before, more);
    finish(more, { ...elementOf(found), id: around.newId(), reference: 0 });
    more.rounds++;
    more.slot = state.slot + 1;
    around.follow(more);
  }
  const { frame, first } = slotsOf(state, iterator);
  for (let part = 0; part < iterator.words; part++) {
    const slot = frame.stack[first + part]!;
    const value: StackObject = { ...found, part, state: `${iterator.type} drained` };
    frame.stack[first + part] = { ...slot, value };
  }
  finish(state, { ...constantScalar(0n), origin: originFrom() });
}

function current(state: State, iterator: IteratorPlace): StackObject {
  const { frame, first } = slotsOf(state, iterator);
  const objects = Array.from({ length: iterator.words }, (_, part) => {
    const slot = frame.stack[first + part];
    markRead(slot?.use);
    return slot?.value;
  });
  const whole = objects.every(
    (it, part) =>
      it?.kind === "iterator" && it.part === part && it.state.startsWith(`${iterator.type} `),
  );
  if (!whole) {
    throw new Refusal(`expected an initialized ${iterator.type} as arg #0`, "EINVAL");
  }
  const found = objects[0] as StackObject;
  if (found.trust !== "untrusted") return found;
  throw new Refusal(`expected an RCU CS when using ${iterator.name}`, "EINVAL");
}

function isObject(slot: StackSlot | undefined): boolean {
  return slot?.value !== undefined && "object" in slot.value;
}

function slotsOf(
  state: State,
  { place, type, words }: IteratorPlace,
): { readonly frame: State["frames"][number]; readonly first: number } {
  if (place.kind !== "fp" || !isFixed(place))
    throw new Refusal(`arg#0 expected pointer to an iterator on stack`, "EINVAL");
  const start = stackSize + place.offset;
  if (start % 8 !== 0 || start < 0 || start + words * 8 > stackSize) {
    throw new Refusal(`cannot pass in ${type} at an offset=${place.offset}`, "EINVAL");
  }
  return { frame: state.frames[place.place]!, first: start / 8 };
}
