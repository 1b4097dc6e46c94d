/**
 * What is known at one point of a path through a program: registers and stack of each function that was entered.
 *
 * A state is copied where paths part. Which of two states allows more is told by `similar.ts`.
 * @module
 */
import { originFrom } from "../number/origin.ts";
import { renewUses, type Stack } from "./stack.ts";
import { pointer, type Value, unset } from "./value.ts";

/** A function that was entered. */
export interface Frame extends Stack {
  /** Slot of its first instruction. */
  readonly start: number;
  /** Slot to go on at, and what that call was; -1 in the main function. */
  readonly returnTo: number;
  /** Set in a function that a helper calls. */
  readonly callback: Callback | undefined;
  readonly registers: Value[];
  /** How often the helper that is looked at has called back. */
  calls: number;
}

/** How a function is called by a helper. */
export interface Callback {
  /** Numbers it may return. */
  readonly results: readonly [least: bigint, most: bigint];
  /** Slot of the call. */
  readonly call: number;
  /** Whether the call is for another time: nothing goes on behind it. */
  readonly later: boolean;
  /** Whether it is called under a lock, which it must leave alone. */
  readonly locked?: boolean | undefined;
}

/** A point of a path. */
export interface State {
  slot: number;
  readonly frames: Frame[];
  /** References that are held, by id, with the slot that acquired them. */
  readonly references: Map<number, number>;
  /** The locks held, in the order in which they were taken. */
  locks: readonly HeldLock[];
  /** Whether it may sleep here, regions left aside: what is called at another time need not be like the program. */
  sleepable: boolean;
  /** How many regions of RCU and of no preemption were entered. */
  rcu: number;
  preempt: number;
  /** Where interrupts were switched off: ids of what is kept on the stack, in the order in which that was. */
  irqs: readonly number[];
  /** How often each of the loops was gone round that may be left at any time (`may_goto`). */
  rounds: number;
}

/** A lock that is held. */
export interface HeldLock {
  readonly kind: LockKind;
  /** Id of what it lies in. */
  readonly id: number;
  /** The map or the types of that. */
  readonly on: object | string;
}

/** Kinds of locks: struct bpf_spin_lock, and struct bpf_res_spin_lock, with interrupts switched off or as they are. */
export type LockKind = "plain" | "resilient" | "resilient irqsave";

/** A function entered with nothing in its registers but its stack. */
export function newFrame(
  { start, returnTo, depth, callback }: NewFrame,
  usage: { deepest: number } = { deepest: 0 },
): Frame {
  const registers: Value[] = Array.from({ length: 11 }, () => unset);
  registers[10] = pointer("fp", { place: depth });
  return { start, returnTo, callback, registers, calls: 0, stack: [], usage };
}

/** What a frame is made of. */
export interface NewFrame {
  readonly start: number;
  readonly returnTo: number;
  /** Number of frames below. */
  readonly depth: number;
  readonly callback?: Callback | undefined;
}

/** A state in which nothing is held and no function was entered. */
export function nothingKnown({ sleepable }: { readonly sleepable: boolean }): State {
  return {
    slot: 0,
    frames: [],
    references: new Map(),
    locks: [],
    sleepable,
    rcu: 0,
    preempt: 0,
    irqs: [],
    rounds: 0,
  };
}

/** A copy that can go another way. */
export function copyState(state: State): State {
  return {
    slot: state.slot,
    frames: state.frames.map((frame) => ({
      ...frame,
      registers: [...frame.registers],
      stack: [...frame.stack],
    })),
    references: new Map(state.references),
    locks: state.locks,
    sleepable: state.sleepable,
    rcu: state.rcu,
    preempt: state.preempt,
    irqs: state.irqs,
    rounds: state.rounds,
  };
}

/** New histories of all that is known, before a copy of the state is kept: what follows then tells the copy. */
export function renewOrigins({ frames }: State): void {
  for (const frame of frames) {
    renewUses(frame);
    const { registers } = frame;
    for (const [number, value] of registers.entries()) {
      if (value.kind !== "scalar") continue;
      registers[number] = { ...value, origin: originFrom(value.origin) };
    }
  }
}

/** The function being looked at. */
export function currentFrame(state: State): Frame {
  return state.frames[state.frames.length - 1]!;
}

/** Changes every value of the state, registers and stack of all frames. */
export function replaceValues(state: State, change: (value: Value) => Value): void {
  for (const { registers, stack } of state.frames) {
    for (let number = 0; number < 10; number++) registers[number] = change(registers[number]!);
    for (const [index, slot] of stack.entries()) {
      if (slot?.value === undefined) continue;
      const value = change(slot.value);
      if (value !== slot.value) stack[index] = { ...slot, value };
    }
  }
}
