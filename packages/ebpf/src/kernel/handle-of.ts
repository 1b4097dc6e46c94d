/**
 * The handle of something live that a caller gave.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";
import type { Handle, HasHandle } from "./handle.ts";

/**
 * The handle of `object`; `what` begins the message: `the program`.
 * @throws {InvalidArgumentError} when it is nothing live; what it throws itself when it is closed.
 */
export function handleOf(object: HasHandle | undefined, what: string): Handle {
  const handle = (object as Partial<HasHandle> | null | undefined)?.handle;
  if (handle !== undefined) return handle;
  throw new InvalidArgumentError(`${what} is missing`, {
    hint: "give what load, createMap or an attach function returned",
  });
}
