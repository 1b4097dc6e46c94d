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
  if (objects.some(({ programs }) => programs.some(({ error }) => error !== undefined))) {
    context.exitCode = ExitCode.failed;
  }
  const [good, bad] = [paintFor(context.stdout, "green"), paintFor(context.stdout, "red")];
  const text = objects.flatMap(({ file, programs }) => [
    file,
    ...programs.flatMap(({ name, type, error }) =>
      error === undefined
        ? [`  ${good("loads")}    ${name}  ${type}`]
        : [`  ${bad("refused")}  ${name}  ${type}`, ...indented(error)],
    ),
  ]);
  context.stdout.write(`${json === true ? JSON.stringify({ objects }) : text.join("\n")}\n`);
}

function indented({ message, hint }: NonNullable<Verdict["error"]>): readonly string[] {
  const lines = message.split("\n").map((line) => `      ${line}`.trimEnd());
  const said = hint === undefined || message.includes(hint);
  return said ? lines : [...lines, `      hint: ${hint}`];
}

function verdicts({ bytes, programs }: OpenedObject): readonly Verdict[] {
  const none = programs.map(({ name }) => [name, false] as const);
  return programs.map(({ name, type }) => {
    const autoload = { ...Object.fromEntries(none), [name]: true };
    try {
      openObject(bytes).change({ autoload }).load().close();
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
