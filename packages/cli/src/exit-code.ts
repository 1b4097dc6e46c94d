/**
 * Exit codes, which are part of the command's interface: scripts decide on them.
 * @module
 */

/** What the command ended with. */
export const ExitCode = {
  /** Done. A trace that was ended by Ctrl-C, by its duration or by its reader is done, too. */
  ok: 0,
  /** It did not work. */
  failed: 1,
  /** The command line cannot be meant. */
  usage: 2,
  /** Privileges or a feature of the kernel are missing; `ts-ebpf doctor` says how to mend it. */
  unavailable: 3,
} as const;

/** One of the exit codes. Beside them there is 128 + signal, when a second Ctrl-C cuts cleaning up short. */
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];
