/**
 * Command lines that cannot be meant, where only the command itself can tell: options that do not go together, or not with
 * the kind of file that is given. The parser of the command line tells of all others.
 * @module
 */
import { InvalidArgumentError } from "ts-ebpf";

/** Ends with the exit code for wrong usage. */
export class UsageError extends InvalidArgumentError {
  /** What the report tells it by; its class is not the same in every file of the bundle. */
  readonly isUsage = true;
}
