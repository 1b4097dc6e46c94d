/**
 * Places in memory: a register and a distance in bytes from where it points.
 *
 * A place can be read and written by an instruction, and its address be given to a helper. Places with a size know
 * how much memory belongs to them, such as slots on the stack.
 * @module
 */
import type { Instruction } from "../isa/instruction.ts";
import type { Register } from "../isa/register.ts";
import { add, mov } from "./alu.ts";

/** `offset` bytes behind where `base` points. */
export interface Place {
  readonly base: Register;
  readonly offset: number;
}

/** A place with `size` bytes of memory. */
export interface SizedPlace extends Place {
  readonly size: number;
}

/** A place, or a register that points to it. */
export type PlaceLike = Place | Register;

/** The place `offset` bytes behind where `base` points. */
export function at(base: Register, offset: number): Place {
  return Object.freeze({ base, offset });
}

/** The place itself, or where the register points; `offset` bytes further on. */
export function placeOf(place: PlaceLike, offset = 0): Place {
  return typeof place === "string" ? at(place, offset) : at(place.base, place.offset + offset);
}

/** `dst = base + offset`: the address of the place. */
export function addressOf(dst: Register, place: PlaceLike): readonly Instruction[] {
  const { base, offset } = placeOf(place);
  const copy = dst === base ? [] : [mov(dst, base)];
  return offset === 0 ? copy : [...copy, add(dst, offset)];
}
