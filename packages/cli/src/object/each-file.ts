/**
 * Several files, of which some may be wrong: what is wrong with one is told, and the others are gone on with.
 * @module
 */
import type { BpfError } from "ts-ebpf";
import type { Context } from "../context.ts";
import { reportError } from "../error-report.ts";
import { ExitCode } from "../exit-code.ts";

/** What is done with each file. */
export interface FileWork {
  readonly context: Context;
  /** Whether programs are told, not people. */
  readonly json: boolean | undefined;
  readonly act: (path: string) => void;
}

/**
 * Does `act` with each of `paths`. Errors of the library are told on standard error, and the exit code says that there were
 * some.
 * @throws what is no error of the library: a mistake of ours.
 */
export function forEachFile(
  paths: readonly string[],
  { context, json = false, act }: FileWork,
): void {
  for (const path of paths) {
    try {
      act(path);
    } catch (error) {
      if (!isBpfError(error)) throw error;
      endWith(context, reportError(error, { context, json }));
    }
  }
}

/** Has `context` end with `code`, unless it ends with something worse: what did not work weighs more than what is missing. */
export function endWith(context: Context, code: ExitCode): void {
  if (context.exitCode !== ExitCode.failed && code !== ExitCode.ok) context.exitCode = code;
}

/** Whether the library threw it, from whichever file of the bundle. */
export function isBpfError(error: unknown): error is BpfError {
  return error instanceof Error && "code" in error && "format" in error;
}
