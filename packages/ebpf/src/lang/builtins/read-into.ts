/**
 * Reading memory that is not the program's own into bytes that are: parts of a map value, of an event, of a struct.
 *
 * Where the bytes go and how many there may be is said by a `Uint8Array`, most often a part of a longer one:
 * `record.text.subarray(used).subarray(0, room)`. That a part lies inside of the whole must be plain to see, by constants
 * or `Math.min`, as the verifier wants to see it, too.
 * @module
 */
import { environment } from "./environment.ts";
import type { Address } from "./helper-arguments.ts";

/** Whose memory is read. */
export type ReadSpace = "kernel" | "user";

/** EFAULT of include/uapi/asm-generic/errno-base.h, as helpers return it. */
const fault = -14;

/**
 * Fills `into` with what is at `from`: 0, or a negated errno when not all of it could be read; then `into` is all zeros.
 * Minimum kernel 5.5.
 */
export function readInto(into: Uint8Array, from: Address, space: ReadSpace): number {
  const found = environment("readInto").bytesAt(from, space);
  const isWhole = found !== undefined && found.length >= into.length;
  into.fill(0);
  if (isWhole) into.set(found.subarray(0, into.length));
  return isWhole ? 0 : fault;
}

/**
 * Reads the text at `from` up to its zero byte, as much of it as `into` has room for; it always ends with a zero. Returns
 * how many bytes that is, the zero included, or a negated errno. Minimum kernel 5.5.
 */
export function readTextInto(into: Uint8Array, from: Address, space: ReadSpace): number {
  const found = environment("readTextInto").bytesAt(from, space);
  if (into.length === 0) return 0;
  into.fill(0);
  if (found === undefined) return fault;
  const end = found.indexOf(0);
  const text = found.subarray(0, Math.min(end === -1 ? found.length : end, into.length - 1));
  into.set(text);
  return text.length + 1;
}
