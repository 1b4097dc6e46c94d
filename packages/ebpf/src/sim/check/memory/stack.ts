/**
 * Loads, stores and calls that touch the stack of a function: `check_stack_read` and `check_stack_write` of
 * kernel/bpf/verifier.c.
 *
 * At a place that is known a slot is read or written; at one of several, all that may be meant. What slots hold and what
 * becomes of it is told by `state/stack.ts`.
 * @module
 */
import { sizedScalar } from "../number/scalar.ts";
import { overwriteDynptrs } from "../object/dynptr.ts";
import { Refusal } from "../refusal.ts";
import { clobberStack, readStack, stackSize, useStack, writeStack } from "../state/stack.ts";
import type { Frame, State } from "../state/state.ts";
import { assertAligned, type Pointer, reach, type Value } from "../state/value.ts";
import type { Access, Surroundings } from "./access.ts";

/** A load from or store to the stack; what a load gives. */
export function accessStack({ state }: Surroundings, to: Pointer, access: Access): Value {
  const frame = state.frames[to.place]!;
  const { size, stored } = access;
  const { least, most } = assertOnStack(to, access);
  assertAligned(to, access.offset, { size, what: "stack" });
  deepen(frame, least);
  if (stored?.kind === "fp" && to.place !== state.frames.length - 1) {
    throw new Refusal("cannot spill pointers to stack into stack frame of the caller", "EINVAL");
  }
  if (stored !== undefined) {
    const first = (stackSize + least) >> 3;
    const slots = ((stackSize + most + size + 7) >> 3) - first;
    overwriteDynptrs(state, frame, { first, slots });
  }
  if (least === most && stored === undefined) return readStack(frame, least, size);
  if (least === most) writeStack(frame, least, size, stored!);
  else if (stored === undefined) useStack(frame, least, most + size - least);
  else clobberStack(frame, least, most + size - least);
  return stored ?? sizedScalar(size);
}

/** Bytes that a function which is called reads or writes. */
export interface StackArea {
  /** Number of the register that leads there, for messages. */
  readonly register: number;
  readonly size: number;
  readonly write: boolean;
}

/** A function that is called reads or writes so many bytes of the stack. */
export function accessStackArea(
  { state }: { readonly state: State },
  to: Pointer,
  { register, size, write }: StackArea,
): void {
  const access = { name: `R${register}`, offset: 0, size, ...(write ? { stored: to } : {}) };
  const { least, most } = assertOnStack(to, access);
  const frame = state.frames[to.place]!;
  deepen(frame, least);
  if (write) clobberStack(frame, least, most + size - least);
  else useStack(frame, least, most + size - least);
}

function assertOnStack(
  to: Pointer,
  { name, offset, size, stored }: Pick<Access, "name" | "offset" | "size" | "stored">,
): { readonly least: number; readonly most: number } {
  const { least, most } = reach(to, offset);
  // Not even no bytes may be read from behind the end.
  if (least >= -stackSize && least < 0 && most + size <= 0) return { least, most };
  const kind = stored === undefined ? "read from" : "write to";
  throw new Refusal(`invalid ${kind} stack ${name} off=${least} size=${size}`);
}

function deepen({ usage }: Frame, offset: number): void {
  usage.deepest = Math.max(usage.deepest, -offset);
}
