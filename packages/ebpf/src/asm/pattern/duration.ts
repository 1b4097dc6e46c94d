/**
 * Durations: from an event to a later one, kept in a map in between.
 *
 * The start is stored under a key that both events know, such as the thread's id, and taken out of the map when the
 * end comes. Times are nanoseconds of the monotonic clock. r0 to r5 are overwritten.
 * @module
 */
import { InvalidArgumentError } from "../../base/errors.ts";
import { r0, type Register } from "../../isa/register.ts";
import { mov, sub } from "../alu.ts";
import type { Item } from "../assemble.ts";
import { call } from "../call.ts";
import { storeTo } from "../field.ts";
import { ldx } from "../memory.ts";
import type { Place } from "../place.ts";
import {
  type ElementReference,
  deleteElement,
  type Lookup,
  lookupElement,
  updateElement,
} from "./map-element.ts";

/** `dst =` time now. Minimum kernel 4.1. */
export function timeNow(dst: Register): Item {
  return dst === r0 ? call("ktime_get_ns") : [call("ktime_get_ns"), mov(dst, r0)];
}

/** `dst = now - dst`. */
export function timeSince(dst: Register): Item {
  assertKept(dst);
  return [call("ktime_get_ns"), sub(r0, dst), mov(dst, r0)];
}

/** What {@link startTimer} needs. */
export interface TimerStart extends ElementReference {
  /** Eight bytes of stack, aligned, to store from. */
  readonly scratch: Place;
}

/** Stores the time now under the key. Behind it r0 is 0 or a negative errno. */
export function startTimer({ map, key, scratch }: TimerStart): Item {
  return [
    timeNow(r0),
    storeTo({ ...scratch, size: 8 }, r0),
    updateElement({ map, key, value: scratch }),
  ];
}

/**
 * `dst =` time since the start stored under the key, which is removed. `dst` is one of r6 to r9.
 * @throws {InvalidArgumentError} when `dst` is overwritten by calls.
 */
export function stopTimer(dst: Register, start: Lookup): Item {
  assertKept(dst);
  return [lookupElement(start), ldx("u64", dst, r0, 0), timeSince(dst), deleteElement(start)];
}

function assertKept(register: Register): void {
  if (["r6", "r7", "r8", "r9"].includes(register)) return;
  throw new InvalidArgumentError(`${register} does not outlive a call`, { hint: "use r6 to r9" });
}
