/**
 * Whether something is a layout: what is none fails far from where it came in, or not at all.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";
import type { Layout } from "./layout.ts";

/**
 * Checks a layout; `what` begins the message: `the key of map "counts"`.
 * @throws {InvalidArgumentError} when `value` is something else.
 */
export function assertLayout(value: unknown, what: string): asserts value is Layout<unknown> {
  if (isLayout(value)) return;
  throw new InvalidArgumentError(`${what} has no layout`, {
    hint: "give u32, struct(…), chars(…) or the like",
  });
}

/** Does not touch `read`: readers of structs are made when they are first asked for. */
function isLayout(value: unknown): value is Layout<unknown> {
  const holds = (typeof value === "object" && value !== null) || typeof value === "function";
  return holds && "read" in value && "size" in value && typeof value.size === "number";
}
