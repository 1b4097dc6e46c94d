/**
 * The stack of a function: what its slots hold, and who has read them.
 *
 * Slots are never changed in place, so that states share them. Bytes that were not written count as any bytes, as they
 * do for programs loaded with CAP_PERFMON (since Linux 6.3). The rules are those of `check_stack_read` and
 * `check_stack_write` of kernel/bpf/verifier.c.
 * @module
 */
import { markPrecise, originFrom } from "../number/origin.ts";
import { truncated } from "../number/part.ts";
import { constantOf, constantScalar, sizedScalar } from "../number/scalar.ts";
import { Refusal } from "../refusal.ts";
import { markRead, type Use, useFrom } from "./use.ts";
import { isPointer, type Value } from "./value.ts";

/** Bytes of stack of one function, and of all that are active. */
export const stackSize = 512;

/** Eight bytes of stack. */
export interface StackSlot {
  /** What was stored at its start, `size` bytes long; undefined when the bytes are unrelated. */
  readonly value: Value | undefined;
  readonly size: number;
  /** Bit n: byte n is known to be 0. */
  readonly zeros: number;
  readonly use: Use;
}

/** The slots of a function, from its stack's far end on. */
export interface Stack {
  readonly stack: (StackSlot | undefined)[];
  /** Bytes that are used, from the frame pointer down; of all that were met of this function. */
  readonly usage: { deepest: number };
}

/** Bits of the bytes that what was stored at a slot's start takes. */
export function spilledBytes({ value, size }: StackSlot): number {
  return value === undefined ? 0 : (1 << size) - 1;
}

/** Bits of the bytes that are 0 without being part of what was stored as a whole: those that stay 0 beside other writes. */
export function zeroBytes(slot: StackSlot): number {
  return slot.zeros & ~spilledBytes(slot);
}

/** Writes `size` bytes at `offset` from the frame's end, which is negative. */
export function writeStack(frame: Stack, offset: number, size: number, value: Value): void {
  const start = stackSize + offset;
  const whole = start % 8 === 0 && (size === 8 || (value.kind === "scalar" && size <= 8));
  if (!whole && isPointer(value)) throw new Refusal("attempt to corrupt spilled pointer on stack");
  const zero = value.kind === "scalar" && constantOf(value) === 0n;
  if (zero && !whole && value.kind === "scalar") markPrecise(value.origin);
  for (let byte = start; byte < start + size; byte++) writeByte(frame, byte, zero);
  if (!whole) return;
  const index = start >> 3;
  const kept = value.kind === "scalar" ? truncated(value, size) : value;
  const use = size === 8 ? useFrom() : frame.stack[index]!.use;
  frame.stack[index] = { ...frame.stack[index]!, value: kept, size, use };
}

/** Makes bytes unknown: a helper has written there, or somewhere near. */
export function clobberStack(frame: Stack, offset: number, size: number): void {
  assertNoObjects(frame, offset, size);
  const start = stackSize + offset;
  for (let byte = start; byte < start + size; byte++) {
    writeByte(frame, byte, false);
  }
}

/** What is put into slots of objects must not be written over. */
function assertNoObjects(frame: Stack, offset: number, size: number): void {
  for (const { value } of slotsIn(frame, offset, size)) {
    if (value === undefined || !("object" in value)) continue;
    throw new Refusal(`potential write to ${value.kind} at off=${offset} disallowed`, "EINVAL");
  }
}

function slotsIn(frame: Stack, offset: number, size: number): readonly StackSlot[] {
  const start = stackSize + offset;
  const slots = frame.stack.slice(start >> 3, (start + size + 7) >> 3);
  return size === 0 ? [] : slots.filter((slot) => slot !== undefined);
}

function writeByte(frame: Stack, byte: number, zero: boolean): void {
  const old = frame.stack[byte >> 3];
  const bit = 1 << (byte & 7);
  const before = old === undefined ? 0 : zeroBytes(old);
  const zeros = zero ? before | bit : before & ~bit;
  frame.stack[byte >> 3] = { value: undefined, size: 0, zeros, use: old?.use ?? useFrom() };
}

/** What `size` bytes at `offset` hold. */
export function readStack(frame: Stack, offset: number, size: number): Value {
  const start = stackSize + offset;
  const slot = frame.stack[start >> 3];
  markRead(slot?.use);
  if (slot?.value !== undefined && "object" in slot.value) {
    throw new Refusal(`invalid read from stack off ${offset}+0 size ${size}`);
  }
  if (slot?.value !== undefined && start % 8 === 0) {
    if (slot.size === size) return slot.value;
    if (slot.value.kind === "scalar" && size < slot.size) return truncated(slot.value, size);
  }
  if (slot?.value !== undefined && slot.value.kind !== "scalar") {
    throw new Refusal("invalid size of register fill");
  }
  if (slot === undefined || !isZero(slot, start & 7, size)) return sizedScalar(size);
  if (slot.value?.kind === "scalar") markPrecise(slot.value.origin);
  return constantScalar(0n);
}

/** Whether bytes of a slot are 0: all part of a number that is, or none of them. */
function isZero(slot: StackSlot, first: number, size: number): boolean {
  const bytes = ((1 << size) - 1) << first;
  const spilled = spilledBytes(slot);
  if ((spilled & bytes) !== bytes) return (zeroBytes(slot) & bytes) === bytes;
  return slot.value?.kind === "scalar" && constantOf(slot.value) === 0n;
}

/** Bytes are read by somebody who gives nothing that is known of them to registers. */
export function useStack(frame: Stack, offset: number, size: number): void {
  for (const { value, use } of slotsIn(frame, offset, size)) {
    if (value !== undefined && "object" in value) {
      throw new Refusal(
        `invalid read from stack off ${offset} size ${size}: a ${value.kind} is there`,
      );
    }
    markRead(use);
  }
}

/** New histories for all slots, of which a kept state and what follows it share the ones before. */
export function renewUses({ stack }: Stack): void {
  for (const [index, slot] of stack.entries()) {
    if (slot === undefined) continue;
    const { value } = slot;
    const renewed =
      value?.kind === "scalar" ? { ...value, origin: originFrom(value.origin) } : value;
    stack[index] = { ...slot, value: renewed, use: useFrom(slot.use) };
  }
}
