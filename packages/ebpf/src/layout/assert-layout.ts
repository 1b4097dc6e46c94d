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
  const layout = value as Partial<Layout<unknown>> | null | undefined;
  if (typeof layout?.size === "number" && typeof layout.read === "function") return;
  throw new InvalidArgumentError(`${what} has no layout`, {
    hint: "give u32, struct(…), chars(…) or the like",
  });
}
