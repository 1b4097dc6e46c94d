/**
 * Live maps of stack traces.
 * @module
 */
import { ObjectMap } from "./object-map.ts";

/** A live map of stack traces, by the number that programs got from `getId`. */
export class StackTraceMap extends ObjectMap<"stack_trace", number, readonly bigint[]> {
  /** Return addresses of stack `id`, the innermost first; `undefined` when there is none of that number. */
  get(id: number): readonly bigint[] | undefined {
    const addresses = this.read(id);
    const end = addresses?.indexOf(0n) ?? -1;
    return end === -1 ? addresses : addresses?.slice(0, end);
  }
}
