/**
 * Why checking ends early: the program is refused, or it needs knowledge that the checker does not have.
 * @module
 */

/** Thrown inside the checker when a program breaks a rule; `check-program.ts` makes a log of it. */
export class Refusal {
  /** In the words of the kernel, so that the table of known rejections explains it. */
  readonly message: string;
  /** The error number's name that loading fails with. */
  readonly errno: RefusalErrno;
  /** Slot of the instruction, when it is another one than the one being looked at. */
  readonly slot: number | undefined;

  constructor(message: string, errno: RefusalErrno = "EACCES", slot?: number) {
    this.message = message;
    this.errno = errno;
    this.slot = slot;
  }
}

/** Names of error numbers that a refused load ends with. */
export type RefusalErrno = "EACCES" | "EINVAL" | "E2BIG" | "EPERM" | "EBADF" | "EFAULT";

/** Thrown inside the checker where a path ends that goes on nowhere. */
export class PathEnd {
  readonly reason = "the program ends";
}

/** Thrown inside the checker where only the running kernel could tell: functions and types of the kernel. */
export class Undecided {
  /** What the checker does not know. */
  readonly reason: string;

  constructor(reason: string) {
    this.reason = reason;
  }
}
