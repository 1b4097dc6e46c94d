/**
 * What the kernel refused, by the decision a caller can take.
 * @module
 */
import { BpfError, type BpfErrorOptions } from "../base/errors.ts";
import { formatVersion, type KernelVersion } from "./feature.ts";

/** A system call that failed. Its subclasses are the cases that callers treat differently. */
export class SyscallError extends BpfError {
  override readonly name: string = "SyscallError";
  readonly code: string = "SYSCALL_FAILED";
  /** What was being done, in words: `create map "counts"`. */
  readonly operation: string;
  /** Number of the error, as in errno(3). */
  readonly errno: number;
  /** Name of the error: `"EPERM"`. */
  readonly errnoName: string;

  constructor(failure: SyscallFailure) {
    super(`cannot ${failure.operation}: ${failure.reason} (${failure.errnoName})`, failure);
    this.operation = failure.operation;
    this.errno = failure.errno;
    this.errnoName = failure.errnoName;
  }

  protected override details(): readonly string[] {
    return [`  operation: ${this.operation}`, `  errno: ${this.errnoName} (${this.errno})`];
  }
}

/** All that is known about a failed system call. */
export interface SyscallFailure extends BpfErrorOptions {
  readonly operation: string;
  readonly errno: number;
  readonly errnoName: string;
  /** What the errno means here, in words. */
  readonly reason: string;
}

/** The kernel would do it, but not for this process. The hint says which capability or setting is missing. */
export class PermissionError extends SyscallError {
  override readonly name = "PermissionError";
  override readonly code = "NO_PERMISSION";
}

/** The thing does not exist: no such element, map, pin, tracepoint, interface. */
export class NotFoundError extends SyscallError {
  override readonly name = "NotFoundError";
  override readonly code = "NOT_FOUND";
}

/** The thing exists already and must not. */
export class ExistsError extends SyscallError {
  override readonly name = "ExistsError";
  override readonly code = "EXISTS";
}

/** Somebody else holds it: an attachment point that is taken, a frozen map, a writable mapping. */
export class BusyError extends SyscallError {
  override readonly name = "BusyError";
  override readonly code = "BUSY";
}

/** No room: the map is full, memory or a limit is used up. */
export class NoSpaceError extends SyscallError {
  override readonly name = "NoSpaceError";
  override readonly code = "NO_SPACE";
}

/** The same call may succeed when made again: interrupted, or temporarily out of something. */
export class TransientError extends SyscallError {
  override readonly name = "TransientError";
  override readonly code = "TRANSIENT";
}

/** This kernel cannot do it at all. */
export class NotSupportedError extends BpfError {
  override readonly name = "NotSupportedError";
  readonly code = "NOT_SUPPORTED";
  readonly feature: string;
  /** First version that has it, where known. */
  readonly since: KernelVersion | undefined;

  constructor(feature: string, options: NotSupportedOptions = {}) {
    const { since, ...rest } = options;
    const first = since === undefined ? "" : ` (Linux has it since ${formatVersion(since)})`;
    super(`this kernel does not support ${feature}${first}`, rest);
    this.feature = feature;
    this.since = since;
  }
}

/** Options of {@link NotSupportedError}. */
export interface NotSupportedOptions extends BpfErrorOptions {
  readonly since?: KernelVersion;
}

/** Whether `error` says that the thing does not exist. */
export function isNotFound(error: unknown): error is NotFoundError {
  return error instanceof NotFoundError;
}

/** Whether `error` says that privileges are missing. */
export function isPermissionDenied(error: unknown): error is PermissionError {
  return error instanceof PermissionError;
}

/** Whether `error` says that the kernel lacks the feature. */
export function isNotSupported(error: unknown): error is NotSupportedError {
  return error instanceof NotSupportedError;
}

/** Whether the same call may succeed when made again. */
export function isTransient(error: unknown): error is TransientError {
  return error instanceof TransientError;
}
