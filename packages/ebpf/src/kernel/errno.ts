/**
 * Errors of system calls by name and number, and what they mean when nothing more is known.
 *
 * Only the kernels know these numbers, the native and the simulated one; above them an error is a class. The meanings
 * are the general ones; a call that uses an error in a sense of its own says so where it is made (see {@link Meanings} in
 * `failure.ts`).
 * @module
 */
import { errnoNumbers } from "./generated/errno.ts";

/** Name of an error: `EPERM`. */
export type ErrnoName = keyof typeof errnoNumbers;

/** Numbers by name. */
export const errno: { readonly [Name in ErrnoName]: number } = errnoNumbers;

const names = new Map<number, string>(
  Object.entries(errnoNumbers).map(([name, number]) => [number, name]),
);

/** `"EPERM"` for 1; `"errno 600"` for a number that has no name. */
export function errnoName(number: number): string {
  return names.get(number) ?? `errno ${number}`;
}

const reasons: { readonly [Name in ErrnoName]?: string } = {
  EPERM: "not permitted",
  EACCES: "access denied",
  ENOENT: "it does not exist",
  ESRCH: "no such process",
  ENODEV: "no such device",
  ENXIO: "no such device or address",
  EEXIST: "it exists already",
  EBUSY: "somebody else is using it",
  EINTR: "interrupted by a signal",
  EAGAIN: "not possible right now",
  ENOMEM: "out of memory",
  E2BIG: "too large",
  ENOSPC: "no room left",
  EMFILE: "this process has too many files open",
  ENFILE: "the system has too many files open",
  EBADF: "not a descriptor for this",
  EFAULT: "bad address",
  EINVAL: "the kernel found an argument invalid",
  ENOSYS: "this kernel has no such system call",
  EOPNOTSUPP: "not supported",
  ENOTSUPP: "not supported",
  ERANGE: "out of range",
  EROFS: "the file system is read-only",
  ENOTDIR: "a part of the path is not a folder",
  ENAMETOOLONG: "the name is too long",
  ELOOP: "too many symbolic links",
  ETXTBSY: "it is in use",
  ETIMEDOUT: "timed out",
  ESTALE: "it has changed meanwhile",
};

/** What an error means in general, in words; `undefined` where nothing is known. */
export function knownReason(number: number): string | undefined {
  return reasons[errnoName(number) as ErrnoName];
}
