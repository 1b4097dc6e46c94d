/**
 * What kernel the tests of the examples run on.
 * @module
 */
import { release } from "node:os";

/** Options of a test that shows something which came with this version of Linux. */
export function sinceLinux(major: number, minor: number): { readonly skip: string | false } {
  const [runs = 0, behind = 0] = release().split(".").map(Number);
  const isOlder = runs < major || (runs === major && behind < minor);
  return { skip: isOlder && `needs Linux ${major}.${minor}` };
}
