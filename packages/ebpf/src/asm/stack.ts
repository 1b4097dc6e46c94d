/**
 * The stack: 512 bytes below r10, given out in slots.
 *
 * A frame gives out aligned slots from the top down and never takes one back. Slots are places, so they can be
 * written, read, and passed to helpers by their address. Nothing initializes them; see `zero`.
 * @module
 */
import { alignUp } from "../base/bytes.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import { plural } from "../base/text.ts";
import type { Instruction } from "../isa/instruction.ts";
import { r10 } from "../isa/register.ts";
import { storeTo } from "./field.ts";
import type { SizedPlace } from "./place.ts";

/** Bytes of stack that a program has: `MAX_BPF_STACK` in include/linux/filter.h. */
export const stackSize = 512;

/** Gives out the stack of one program or function. */
export interface StackFrame {
  /** Bytes given out, gaps for alignment included. */
  readonly used: number;
  /**
   * A slot for a value of this layout.
   * @throws {InvalidArgumentError} when the stack is used up.
   */
  slot(layout: { readonly size: number; readonly alignment: number }): SizedPlace;
  /**
   * A slot of `size` bytes, aligned to 8.
   * @throws {InvalidArgumentError} when the stack is used up.
   */
  bytes(size: number): SizedPlace;
}

/** A stack of which nothing is given out yet. */
export function stackFrame(): StackFrame {
  let used = 0;
  const take = (size: number, alignment: number): SizedPlace => {
    const end = alignUp(used + size, alignment);
    if (!Number.isInteger(size) || size < 1) {
      throw new InvalidArgumentError(`a slot cannot have ${size} bytes`);
    }
    if (end > stackSize) throw usedUp(size, used);
    used = end;
    return Object.freeze({ base: r10, offset: -end, size });
  };
  return {
    get used() {
      return used;
    },
    slot: ({ size, alignment }) => take(size, alignment),
    bytes: (size) => take(size, 8),
  };
}

function usedUp(size: number, used: number): InvalidArgumentError {
  return new InvalidArgumentError(
    `no room for ${plural(size, "byte")} on the stack: ${used} of ${stackSize} are used`,
    { hint: "keep large values in a per-CPU array" },
  );
}

/** Fills the place with zeros, so that it may be read and passed to helpers. Aligned as a slot is. */
export function zero({ base, offset, size }: SizedPlace): readonly Instruction[] {
  const instructions: Instruction[] = [];
  for (let done = 0; done < size;) {
    const step = largestStep(offset + done, size - done);
    instructions.push(storeTo({ base, offset: offset + done, size: step }, 0));
    done += step;
  }
  return instructions;
}

/** Bytes of the largest store that is aligned at `offset` and not longer than `left`. */
function largestStep(offset: number, left: number): number {
  return [8, 4, 2].find((step) => offset % step === 0 && step <= left) ?? 1;
}
