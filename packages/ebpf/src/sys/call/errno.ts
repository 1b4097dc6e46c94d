/**
 * What errors of system calls mean, with what this machine says of those that are rare.
 * @module
 */
import { getSystemErrorMap } from "node:util";
import { knownReason } from "../../kernel/errno.ts";

export { type ErrnoName, errno, errnoName } from "../../kernel/errno.ts";

/** What an error means in general, in words. */
export function errnoReason(number: number): string {
  return knownReason(number) ?? getSystemErrorMap().get(-number)?.[1] ?? "the kernel refused";
}
