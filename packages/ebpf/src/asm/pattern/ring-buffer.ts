/**
 * Ring buffers: reserve a record and count what is lost, fill it in place, submit or discard it.
 *
 * A reservation fails when the ring is full. Events lost that way must be counted, or nobody knows; so reserving
 * comes together with a counter. Every way out of the program behind it must submit or discard. Minimum kernel 5.8.
 * @module
 */
import { r0, type Register } from "../../isa/register.ts";
import { skip, type Item } from "../assemble.ts";
import { call } from "../call.ts";
import { storeTo } from "../field.ts";
import { jne } from "../jump.ts";
import type { Place } from "../place.ts";
import type { MapReference } from "../wide.ts";
import { countElement, returnZero } from "./map-element.ts";

/** What {@link reserveOrCount} needs. */
export interface Reservation {
  readonly ring: MapReference;
  /** Bytes of the record. */
  readonly size: number;
  readonly lost: LostCounter;
  /** What happens after a loss was counted; must leave. Returns 0 from the program when left out. */
  readonly full?: Item;
}

/** Where lost events are counted: an element of an array of `u64`, best one with a value per CPU. */
export interface LostCounter {
  readonly map: MapReference;
  /** Number of the element, 0 when left out. */
  readonly index?: number;
  /** Four bytes of stack for the key. */
  readonly key: Place;
}

/** Reserves a record; behind it r0 points to it. When the ring is full, counts that and leaves. */
export function reserveOrCount({ ring, size, lost, full = returnZero }: Reservation): Item {
  const key = { ...lost.key, size: 4 };
  const counted: Item = [storeTo(key, lost.index ?? 0), countElement({ map: lost.map, key })];
  const map = typeof ring === "string" ? { name: ring } : ring;
  return [call("ringbuf_reserve", map, size, 0), skip((over) => jne(r0, 0, over), [counted, full])];
}

/** When the reader is woken: as the kernel sees fit, in any case, or not at all. */
export type WakeUp = keyof typeof wakeUps;

/** `BPF_RB_NO_WAKEUP` and `BPF_RB_FORCE_WAKEUP` in include/uapi/linux/bpf.h. */
const wakeUps = { adaptive: 0, none: 1, forced: 2 } as const;

/** Hands the record at `record` to the reader; it cannot be touched afterwards. */
export function submitRecord(record: Register, wakeUp: WakeUp = "adaptive"): Item {
  return call("ringbuf_submit", record, wakeUps[wakeUp]);
}

/** Gives the record at `record` back; the reader never sees it. */
export function discardRecord(record: Register, wakeUp: WakeUp = "adaptive"): Item {
  return call("ringbuf_discard", record, wakeUps[wakeUp]);
}
