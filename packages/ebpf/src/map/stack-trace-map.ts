/**
 * Live maps of stack traces.
 * @module
 */
import type { BuildIdPlace } from "../spec/stack-trace-map.ts";
import { ReadableObjectMap } from "./object-map.ts";

/**
 * A live map of stack traces, by the number that programs got from `getId`. `Stack` is a list of return addresses, the
 * innermost first, or of places by build id.
 */
export class StackTraceMap<Stack = readonly bigint[]> extends ReadableObjectMap<
  "stack_trace",
  number,
  Stack
> {
  /** Stack `id`, the innermost place first; `undefined` when there is none of that number. */
  override get(id: number): Stack | undefined {
    const places = this.read(id) as readonly (bigint | BuildIdPlace)[] | undefined;
    if (places === undefined) return undefined;
    const end = places.findIndex((place) => isEmpty(place));
    return (end === -1 ? places : places.slice(0, end)) as Stack;
  }
}

/** What is behind the last place is zero. */
function isEmpty(place: bigint | BuildIdPlace): boolean {
  return typeof place === "bigint" ? place === 0n : place.status === 0;
}
