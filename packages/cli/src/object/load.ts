/**
 * What `object load` does: load each program of the files, tell how that went, and unload it.
 * @module
 */
import { type BpfError, openObject } from "ts-ebpf";
import type { Context } from "../context.ts";
import { ExitCode } from "../exit-code.ts";
import { paintFor } from "../terminal/colour.ts";
import type { ObjectOptions } from "./command.ts";
import { type OpenedObject, openObjectFile } from "./read-file.ts";

/** How loading a program went; `error` when it was refused. */
interface Verdict {
  readonly name: string;
  readonly type: string;
  readonly error?: { readonly code: string; readonly message: string; readonly hint?: string };
}

/**
 * Loads and unloads the programs of the files at `paths`; the exit code tells when one is refused.
 * @throws {MalformedError} when a file is damaged, or no object file of BPF.
 */
export function loadObjects(
  paths: readonly string[],
  { json }: ObjectOptions,
  context: Context,
): void {
  const objects = paths.map((path) => ({ file: path, programs: verdicts(openObjectFile(path)) }));
  context.exitCode = exitCodeFor(objects.flatMap(({ programs }) => programs));
  const text = objects.flatMap(({ file, programs }) => [
    file,
    ...programs.flatMap((verdict) => linesOf(verdict, context)),
  ]);
  context.stdout.write(`${json === true ? JSON.stringify({ objects }) : text.join("\n")}\n`);
  if (context.exitCode === ExitCode.unavailable && json !== true) {
    context.remark('"ts-ebpf doctor" tells what this machine and user can do');
  }
}

/** What a verdict says, by the code of the error; anything else is a refusal. */
const outcomes: Readonly<Record<string, string>> = {
  NO_PERMISSION: "not allowed",
  NOT_SUPPORTED: "not supported",
};

/** A program that is refused weighs more than one that nobody has judged. */
function exitCodeFor(verdicts: readonly Verdict[]): ExitCode {
  const errors = verdicts.flatMap(({ error }) => error ?? []);
  if (errors.length === 0) return ExitCode.ok;
  const isRefused = errors.some(({ code }) => outcomes[code] === undefined);
  return isRefused ? ExitCode.failed : ExitCode.unavailable;
}

function linesOf({ name, type, error }: Verdict, { stdout }: Context): readonly string[] {
  const outcome = error === undefined ? "loads" : (outcomes[error.code] ?? "refused");
  const paint = paintFor(stdout, error === undefined ? "green" : "red");
  const told = `  ${paint(outcome)}${" ".repeat(Math.max(1, 9 - outcome.length))}${name}  ${type}`;
  return error === undefined ? [told] : [told, ...indented(error)];
}

function indented({ message, hint }: NonNullable<Verdict["error"]>): readonly string[] {
  const lines = message.split("\n").map((line) => `      ${line}`.trimEnd());
  const said = hint === undefined || message.includes(hint);
  return said ? lines : [...lines, `      hint: ${hint}`];
}

function verdicts({ path, programs }: OpenedObject): readonly Verdict[] {
  const none = programs.map(({ name }) => [name, false] as const);
  return programs.map(({ name, type }) => {
    const autoload = { ...Object.fromEntries(none), [name]: true };
    try {
      openObject(path).change({ autoload }).load().close();
      return { name, type };
    } catch (error) {
      return { name, type, error: tellingOf(error) };
    }
  });
}

/** @throws what is no answer of the kernel or of the library. */
function tellingOf(error: unknown): NonNullable<Verdict["error"]> {
  if (!(error instanceof Error) || !("code" in error) || !("format" in error)) throw error;
  const { code, message, hint } = error as BpfError;
  return { code, message, ...(hint === undefined ? {} : { hint }) };
}
