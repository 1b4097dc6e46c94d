/**
 * Refusals of the running kernel, with what this process lacks when it was not permitted.
 * @module
 */
import type { BpfError } from "../../base/errors.ts";
import { failureOf as meaningOf, type Operation as Call } from "../../kernel/failure.ts";
import type { KernelVersion } from "../../kernel/feature.ts";
import type { Capability } from "../machine/capabilities.ts";
import { readVersion } from "../machine/version.ts";
import { errnoReason } from "./errno.ts";
import { permissionHint } from "./permission.ts";

export type { Meaning, Meanings, Requirement } from "../../kernel/failure.ts";

/** What was asked of the kernel, as far as it explains a refusal. */
export interface Operation extends Call {
  readonly needs?: readonly Capability[];
}

/**
 * Throws what `errno` means to `operation`.
 * @throws {SyscallError} or one of its classes, or {@link NotSupportedError}.
 */
export function raise(errno: number, operation: Operation): never {
  throw failureOf(errno, operation);
}

/**
 * What `call` returns, with the error of a system call that Node made turned into one of ours.
 * @throws {SyscallError} or one of its classes, or {@link NotSupportedError}.
 */
export function fromSystem<T>(operation: Operation, call: () => T): T {
  try {
    return call();
  } catch (error) {
    const number = (error as NodeJS.ErrnoException).errno;
    if (typeof number !== "number") throw error;
    return raise(-number, operation);
  }
}

/** What `errno` means to `operation`. `version` is that of the running kernel. */
export function failureOf(
  errno: number,
  operation: Operation,
  version: KernelVersion = readVersion(),
): BpfError {
  const { needs = [] } = operation;
  return meaningOf(errno, {
    operation,
    version,
    reason: errnoReason(errno),
    ...(needs.length === 0 ? {} : { permissionHint: () => permissionHint(needs) }),
  });
}
