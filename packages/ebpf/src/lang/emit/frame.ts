/**
 * The stack of a function: where each slot lies below r10.
 * @module
 */
import { alignUp } from "../../base/bytes.ts";
import type { StackSlot } from "../ir/operation.ts";

/** Bytes of stack that the verifier gives a function (MAX_BPF_STACK in include/linux/filter.h). */
export const stackBytes = 512;

/** Offsets of the slots from r10, all negative, and the bytes they take together. */
export interface Frame {
  readonly sizeBytes: number;
  readonly offsetOf: (slot: StackSlot) => number;
}

/** Lays out `slots` one below the other, those of large alignment first. */
export function layOutFrame(slots: readonly StackSlot[]): Frame {
  const offsets = new Map<StackSlot, number>();
  let used = 0;
  for (const slot of slots.toSorted((left, right) => right.alignment - left.alignment)) {
    used = alignUp(used + slot.size, slot.alignment);
    offsets.set(slot, -used);
  }
  return { sizeBytes: used, offsetOf: (slot) => offsets.get(slot)! };
}
