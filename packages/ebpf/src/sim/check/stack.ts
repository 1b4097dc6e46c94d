/**
 * The stack of a function: what its slots hold, and who has read them.
 *
 * Slots are never changed in place, so that states share them. Bytes that were not written count as any bytes, as they
 * do for programs loaded with CAP_PERFMON (since Linux 6.3). The rules are those of `check_stack_read` and
 * `check_stack_write` of kernel/bpf/verifier.c.
 * @module
 */
import { markPrecise, markRead, originFrom, type Use } from "./origin.ts";
import { Refusal } from "./refusal.ts";
import { constantOf, constantScalar, sizedScalar, truncated } from "./scalar.ts";
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
  const use = size === 8 ? newUse() : frame.stack[index]!.use;
  frame.stack[index] = { ...frame.stack[index]!, value: kept, size, use };
}

/** Makes bytes unknown: a helper has written there, or somewhere near. */
export function clobberStack(frame: Stack, offset: number, size: number): void {
  const start = stackSize + offset;
  for (let byte = start; byte < start + size; byte++) {
    refuseObjects(frame.stack[byte >> 3]);
    writeByte(frame, byte, false);
  }
}

/** What is put into slots of objects must not be written over. */
function refuseObjects(slot: StackSlot | undefined): void {
  const kind = slot?.value?.kind;
  if (kind === "dynptr" || kind === "iterator" || kind === "irq") {
    throw new Refusal(`cannot overwrite ${kind} on the stack`, "EINVAL");
  }
}

function newUse(): Use {
  return { read: false, before: undefined };
}

function writeByte(frame: Stack, byte: number, zero: boolean): void {
  const old = frame.stack[byte >> 3];
  const bit = 1 << (byte & 7);
  const before = old === undefined ? 0 : zerosOf(old);
  const zeros = zero ? before | bit : before & ~bit;
  if (old?.value?.kind === "scalar" && zeros !== 0) markPrecise(old.value.origin);
  frame.stack[byte >> 3] = { value: undefined, size: 0, zeros, use: old?.use ?? newUse() };
}

/** Bytes that are 0, also those of a number that was stored as one. */
function zerosOf({ value, size, zeros }: StackSlot): number {
  if (value?.kind !== "scalar") return value === undefined ? zeros : 0;
  const known = constantOf(value) === 0n ? (1 << size) - 1 : 0;
  return (zeros & ~((1 << size) - 1)) | known;
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
  let zeros = true;
  for (let byte = start; byte < start + size; byte++) {
    const at = frame.stack[byte >> 3];
    if (at?.value !== undefined && at.value.kind !== "scalar")
      throw new Refusal("invalid size of register fill");
    zeros &&= at !== undefined && (zerosOf(at) & (1 << (byte & 7))) !== 0;
  }
  if (!zeros) return sizedScalar(size);
  if (slot?.value?.kind === "scalar") markPrecise(slot.value.origin);
  return constantScalar(0n);
}

/** Says that bytes are read by somebody who gives nothing of them to registers. */
export function useStack(frame: Stack, offset: number, size: number): void {
  const start = stackSize + offset;
  for (let byte = start; byte < start + size; byte++) markRead(frame.stack[byte >> 3]?.use);
}

/** New histories for all slots, of which a kept state and what follows it share the ones before. */
export function renewUses({ stack }: Stack): void {
  for (const [index, slot] of stack.entries()) {
    if (slot === undefined) continue;
    const { value } = slot;
    const renewed =
      value?.kind === "scalar" ? { ...value, origin: originFrom(value.origin) } : value;
    stack[index] = { ...slot, value: renewed, use: { read: false, before: slot.use } };
  }
}
