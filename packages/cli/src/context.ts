/**
 * What a command works with: where it writes to, and what it ends with.
 * @module
 */
import { ExitCode } from "./exit-code.ts";

/** Handed to every command. */
export interface Context {
  /** For results. */
  readonly stdout: NodeJS.WriteStream;
  /** For everything about the work: progress, warnings, errors. */
  readonly stderr: NodeJS.WriteStream;
  /** What the process ends with. A command that ends badly without an error sets it. */
  exitCode: ExitCode;
}

/** The context of this process. */
export function processContext(): Context {
  return { stdout: process.stdout, stderr: process.stderr, exitCode: ExitCode.ok };
}
