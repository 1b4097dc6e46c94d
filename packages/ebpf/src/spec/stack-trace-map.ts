/**
 * Specification of maps of stack traces.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";
import { array } from "../layout/array.ts";
import { u32, u64 } from "../layout/integer.ts";
import { keyedMapSpec, type KernelMapSpec, type MapOptions } from "./map-spec.ts";

/** Options of {@link stackTraceMap}. */
export interface StackTraceOptions extends MapOptions {
  /** Addresses a stack has at most; 127 when left out, what `kernel.perf_event_max_stack` allows by default. */
  readonly depth?: number;
}

const usualDepth = 127;

/**
 * Stacks by number: programs put the current one in with `getId`, user space reads its return addresses, the innermost
 * first, zeros behind the last. Equal stacks have one number. Minimum kernel 4.6.
 * @throws {InvalidArgumentError} when the depth is not a whole number from 1.
 */
export function stackTraceMap(
  name: string,
  size: number | StackTraceOptions,
): KernelMapSpec<"stack_trace", number, readonly bigint[]> {
  const options: StackTraceOptions = typeof size === "number" ? { maxEntries: size } : size;
  const { depth = usualDepth } = options;
  if (!Number.isInteger(depth) || depth < 1) {
    throw new InvalidArgumentError(`map "${name}": stacks of ${depth} addresses`, {
      hint: "give a whole number, such as 127",
    });
  }
  return keyedMapSpec("stack_trace", name, { key: u32, value: array(u64, depth) }, options);
}
