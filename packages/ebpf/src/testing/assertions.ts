/**
 * Assertions about bytes and about refusals of a kernel, whose messages say what differs.
 * @module
 */
import { BpfError } from "../base/errors.ts";
import { plural } from "../base/text.ts";
import { type ErrnoName, errno } from "../kernel/errno.ts";
import { SyscallError } from "../kernel/errors.ts";
import { assertWord } from "../base/arguments.ts";
import { differingRows } from "./byte-rows.ts";
import { ExpectationError } from "./program/expectation-error.ts";

export type { ErrnoName } from "../kernel/errno.ts";

/**
 * Holds when both are the same bytes. `what` begins the message: `the value`.
 * @throws {ExpectationError} when they are not, with the rows that differ in hexadecimal digits.
 */
export function assertBytes(actual: Uint8Array, expected: Uint8Array, what = "it"): void {
  const rows = differingRows(actual, expected);
  if (rows.length === 0) return;
  const lengths =
    actual.length === expected.length
      ? "has other bytes than expected"
      : `has ${plural(actual.length, "byte")}, expected ${expected.length}`;
  throw new ExpectationError([`${what} ${lengths}`, ...rows].join("\n"), { actual, expected });
}

/**
 * Holds when `call` is refused by the kernel with this error, `"ENOENT"` for example, however the library tells it; returns
 * the error. What the library refuses by itself, before the kernel is asked, has no such name.
 * @throws {ExpectationError} when it is not refused, or otherwise; {@link InvalidArgumentError} when no error is called so.
 */
export function assertErrno(call: () => unknown, name: ErrnoName): BpfError {
  assertWord(name, Object.keys(errno), "the name of an error");
  const error = errorOf(call);
  const found = error === undefined ? undefined : errnoIn(error);
  if (found === name && error instanceof BpfError) return error;
  const told = error instanceof Error ? `: ${error.message}` : "";
  const message =
    error === undefined
      ? `the call is not refused, expected ${name}`
      : `the call fails with ${found ?? "what is no error of the kernel's"}, expected ${name}${told}`;
  throw new ExpectationError(message, { actual: found, expected: name });
}

function errorOf(call: () => unknown): unknown {
  try {
    call();
    return undefined;
  } catch (error) {
    return error;
  }
}

/** The name of the kernel's error, also where it is the cause of what was made of it. */
function errnoIn(error: unknown): string | undefined {
  if (error instanceof SyscallError) return error.errnoName;
  return error instanceof BpfError && error.cause !== undefined ? errnoIn(error.cause) : undefined;
}
