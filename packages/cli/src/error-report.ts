/**
 * Errors, told to people or programs, and the exit code that belongs to them.
 * @module
 */
import type { BpfError } from "ts-ebpf";
import type { Context } from "./context.ts";
import { ExitCode } from "./exit-code.ts";
import { ownStack } from "./own-stack.ts";
import { paintFor } from "./terminal/colour.ts";
import { printableLines } from "./terminal/printable.ts";

/** How to tell. */
export interface ReportOptions {
  readonly context: Context;
  /** One JSON object on one line instead of text. */
  readonly json: boolean;
}

/** Tells `error` on stderr; the exit code for it. */
export function reportError(error: unknown, { context, json }: ReportOptions): ExitCode {
  const code = exitCodeOf(error);
  const { stderr } = context;
  stderr.write(`${json ? jsonOf(error) : textOf(error, paintFor(stderr, "red"))}\n`);
  if (code === ExitCode.unavailable && !json) {
    stderr.write('  see:  "ts-ebpf doctor" tells what this machine and user can do\n');
  }
  return code;
}

/** The exit code for `error`. */
export function exitCodeOf(error: unknown): ExitCode {
  if (isUsageError(error)) return ExitCode.usage;
  return isBpfError(error) && unavailableCodes.has(error.code)
    ? ExitCode.unavailable
    : ExitCode.failed;
}

/** Whether it is a `UsageError`, told as those of the library are. */
function isUsageError(error: unknown): boolean {
  return error instanceof Error && "isUsage" in error;
}

/** Codes of `PermissionError` and `NotSupportedError`. */
const unavailableCodes: ReadonlySet<string> = new Set(["NO_PERMISSION", "NOT_SUPPORTED"]);

/** Whether the library threw it. Not by class: this file is bundled apart from the one that threw. */
function isBpfError(error: unknown): error is BpfError {
  return error instanceof Error && "code" in error && "format" in error;
}

/** What a file holds that cannot be read is quoted, whatever it does to terminals. */
function textOf(error: unknown, paint: (text: string) => string): string {
  const [first = "", ...more] = printableLines(describe(error));
  return [paint(first), ...more].join("\n");
}

function describe(error: unknown): string {
  if (isBpfError(error)) return error.format();
  if (!(error instanceof Error)) return String(error);
  // What cannot be parsed is shown with its place, and who wanted to parse it does not matter.
  if (error instanceof SyntaxError)
    return (error.stack ?? error.message).replaceAll(/\n {4}at .*/g, "");
  // An error of the operating system speaks for itself, and so does a module that is not there; anything else is a mistake
  // of ours or of the file that was run, and its stack tells where.
  if ("syscall" in error || isMissingModule(error)) return `${error.name}: ${error.message}`;
  return error.stack === undefined ? error.message : withoutNode(ownStack(error.stack));
}

function isMissingModule(error: Error): boolean {
  return "code" in error && error.code === "ERR_MODULE_NOT_FOUND";
}

/** What happened inside of Node on the way is nobody's business. */
function withoutNode(stack: string): string {
  return stack.replaceAll(/\n {4}at [^\n]*\bnode:[^\n]*/g, "");
}

function jsonOf(error: unknown): string {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  const { code = "FAILED", hint } = error as { readonly code?: unknown; readonly hint?: unknown };
  return JSON.stringify({ type: "error", code, name, message, hint });
}
