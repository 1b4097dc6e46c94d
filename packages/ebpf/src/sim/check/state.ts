/**
 * What is known at one point of a path through a program: registers and stack of each function that was entered.
 *
 * A state is copied where paths part; slots of the stack are never changed in place, so that copies share them. Stack
 * bytes that were not written count as any bytes, as they do for programs loaded with CAP_PERFMON (since Linux 6.3).
 * @module
 */
import { constantOf, constantScalar, sizedScalar, truncated } from "./scalar.ts";
import { Refusal } from "./refusal.ts";
import { isPointer, pointer, type SameIds, subsumes, type Value, unset } from "./value.ts";

/** Bytes of stack of one function, and of all that are active. */
export const stackSize = 512;

/** Eight bytes of stack. */
export interface StackSlot {
  /** What was stored at its start, `size` bytes long; undefined when the bytes are unrelated. */
  readonly value: Value | undefined;
  readonly size: number;
  /** Bit n: byte n is known to be 0. */
  readonly zeros: number;
}

const anyBytes: StackSlot = { value: undefined, size: 0, zeros: 0 };

/** A function that was entered. */
export interface Frame {
  /** Slot of its first instruction. */
  readonly start: number;
  /** Slot to go on at, and what that call was; -1 in the main function. */
  readonly returnTo: number;
  /** Set in a callback: its caller goes on with any of these numbers in r0. */
  readonly callback: boolean;
  readonly registers: Value[];
  readonly stack: (StackSlot | undefined)[];
}

/** A point of a path. */
export interface State {
  slot: number;
  readonly frames: Frame[];
  /** References that are held, by id, with the slot that acquired them. */
  readonly references: Map<number, number>;
  /** Id of the lock held, or 0. */
  lock: number;
}

/** A function entered with nothing in its registers but its stack. */
export function newFrame(start: number, returnTo: number, depth: number, callback = false): Frame {
  const registers: Value[] = Array.from({ length: 11 }, () => unset);
  registers[10] = pointer("fp", { place: depth });
  return { start, returnTo, callback, registers, stack: [] };
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
    lock: state.lock,
  };
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

/** Whether whatever was found out from `old` on holds from `now` on too. */
export function subsumesState(old: State, now: State, live: number): boolean {
  if (old.frames.length !== now.frames.length || old.lock !== now.lock) return false;
  if (old.references.size !== now.references.size) return false;
  const ids: SameIds = new Map();
  const last = old.frames.length - 1;
  return old.frames.every((frame, index) =>
    subsumesFrame(frame, now.frames[index]!, ids, index === last ? live : 0x7c0),
  );
}

function subsumesFrame(old: Frame, now: Frame, ids: SameIds, live: number): boolean {
  if (old.start !== now.start || old.returnTo !== now.returnTo) return false;
  for (let number = 0; number < 10; number++) {
    if ((live & (1 << number)) === 0) continue;
    if (!subsumes(old.registers[number]!, now.registers[number]!, ids)) return false;
  }
  for (let index = 0; index < 64; index++) {
    if (!subsumesSlot(old.stack[index], now.stack[index], ids)) return false;
  }
  return true;
}

function subsumesSlot(
  old: StackSlot | undefined,
  now: StackSlot | undefined,
  ids: SameIds,
): boolean {
  if (old === undefined || old === now) {
    return (
      old?.value === undefined || (now?.value !== undefined && subsumes(old.value, now.value, ids))
    );
  }
  if (old.value !== undefined) {
    return now?.value !== undefined && old.size === now.size && subsumes(old.value, now.value, ids);
  }
  if (now !== undefined && now.value !== undefined && isPointer(now.value)) return false;
  return (old.zeros & ~(now?.zeros ?? 0)) === 0;
}

/** Writes `size` bytes at `offset` from the frame's end, which is negative. */
export function writeStack(frame: Frame, offset: number, size: number, value: Value): void {
  const start = stackSize + offset;
  const whole = start % 8 === 0 && (size === 8 || (value.kind === "scalar" && size <= 8));
  if (!whole && isPointer(value)) throw new Refusal("misaligned or partial spill of a pointer");
  const zero = value.kind === "scalar" && constantOf(value) === 0n;
  for (let byte = start; byte < start + size; byte++) writeByte(frame, byte, zero);
  if (!whole) return;
  const index = start >> 3;
  const kept = value.kind === "scalar" ? truncated(value, size) : value;
  frame.stack[index] = { ...frame.stack[index]!, value: kept, size };
}

/** Makes bytes unknown: a helper has written there, or somewhere near. */
export function clobberStack(frame: Frame, offset: number, size: number): void {
  const start = stackSize + offset;
  for (let byte = start; byte < start + size; byte++) writeByte(frame, byte, false);
}

function writeByte(frame: Frame, byte: number, zero: boolean): void {
  const old = frame.stack[byte >> 3] ?? anyBytes;
  const bit = 1 << (byte & 7);
  const zeros = zero ? zerosOf(old) | bit : zerosOf(old) & ~bit;
  frame.stack[byte >> 3] = { value: undefined, size: 0, zeros };
}

/** Bytes that are 0, also those of a number that was stored as one. */
function zerosOf({ value, size, zeros }: StackSlot): number {
  if (value?.kind !== "scalar") return value === undefined ? zeros : 0;
  const known = constantOf(value) === 0n ? (1 << size) - 1 : 0;
  return (zeros & ~((1 << size) - 1)) | known;
}

/** What `size` bytes at `offset` hold. */
export function readStack(frame: Frame, offset: number, size: number): Value {
  const start = stackSize + offset;
  const slot = frame.stack[start >> 3];
  if (slot?.value !== undefined && start % 8 === 0) {
    if (slot.size === size) return slot.value;
    if (slot.value.kind === "scalar" && size < slot.size) return truncated(slot.value, size);
  }
  let zeros = true;
  for (let byte = start; byte < start + size; byte++) {
    const at = frame.stack[byte >> 3];
    if (at?.value !== undefined && isPointer(at.value)) {
      throw new Refusal("invalid size of register fill");
    }
    zeros &&= at !== undefined && (zerosOf(at) & (1 << (byte & 7))) !== 0;
  }
  return zeros ? constantScalar(0n) : sizedScalar(size);
}
