/**
 * Elements of maps: look up with the null check that the verifier demands, update, delete, count.
 *
 * Keys and values are places in memory, usually slots on the stack, and must be filled. All of these are calls, so r0
 * to r5 are overwritten.
 * @module
 */
import { r0, r1 } from "../../isa/register.ts";
import { mov } from "../alu.ts";
import { skip, type Item } from "../assemble.ts";
import { atomicAdd } from "../atomic.ts";
import { call, exit } from "../call.ts";
import { jeq, jne } from "../jump.ts";
import type { Place } from "../place.ts";
import type { MapReference } from "../wide.ts";

/** Which element of which map. */
export interface ElementReference {
  readonly map: MapReference;
  /** Where the key lies. */
  readonly key: Place;
}

/** What {@link lookupElement} needs. */
export interface Lookup extends ElementReference {
  /** What happens when there is no element; must leave. Returns 0 from the program when left out. */
  readonly missing?: Item;
}

/** Returns 0 from the program. */
export const returnZero: Item = Object.freeze([mov(r0, 0), exit()]);

/** Looks an element up; behind it r0 points to the value and is not null. */
export function lookupElement({ map, key, missing = returnZero }: Lookup): Item {
  return [
    call("map_lookup_elem", mapArgument(map), key),
    skip((over) => jne(r0, 0, over), missing),
  ];
}

/** Looks an element up and does `found` when it is there, with r0 pointing to its value. */
export function withElement({ map, key }: ElementReference, found: Item): Item {
  return [call("map_lookup_elem", mapArgument(map), key), skip((over) => jeq(r0, 0, over), found)];
}

/** What {@link updateElement} needs. */
export interface Update extends ElementReference {
  /** Where the value lies. */
  readonly value: Place;
  /** When to store: always, only new elements, or only those that are there. Always when left out. */
  readonly mode?: keyof typeof updateModes;
}

/** `BPF_ANY`, `BPF_NOEXIST` and `BPF_EXIST` in include/uapi/linux/bpf.h. */
const updateModes = { any: 0, noexist: 1, exist: 2 } as const;

/** Stores an element; behind it r0 is 0 or a negative errno. */
export function updateElement({ map, key, value, mode = "any" }: Update): Item {
  return call("map_update_elem", mapArgument(map), key, value, updateModes[mode]);
}

/** Removes an element; behind it r0 is 0 or a negative errno. */
export function deleteElement({ map, key }: ElementReference): Item {
  return call("map_delete_elem", mapArgument(map), key);
}

/** Adds 1 to the `u64` at the start of an element, when it is there; nothing else may interrupt it. */
export function countElement(element: ElementReference): Item {
  return withElement(element, [mov(r1, 1), atomicAdd("u64", r0, 0, r1)]);
}

function mapArgument(map: MapReference): { readonly name: string } {
  return typeof map === "string" ? { name: map } : map;
}
