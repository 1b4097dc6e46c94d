/**
 * What `object load` does: load what is in the files one by one, tell how that went, and unload it.
 *
 * A program is loaded with the maps of its file and nothing else: what another program is refused for does not count. A
 * struct of functions is loaded with its programs.
 * @module
 */
import { type Collection, openObject, type StructOpsSpec } from "ts-ebpf";
import type { Context } from "../context.ts";
import { ExitCode } from "../exit-code.ts";
import { paintFor } from "../terminal/colour.ts";
import type { ObjectOptions } from "./command.ts";
import { endWith, forEachFile, isBpfError } from "./each-file.ts";
import { type OpenedObject, openObjectFile } from "./read-file.ts";

/** How loading went. */
interface Verdict {
  readonly name: string;
  readonly type: string;
  /** Why it was refused. */
  readonly error?: { readonly code: string; readonly message: string; readonly hint?: string };
  /** Of a struct of functions: what the kernel lacks for it. */
  readonly leftOut?: string;
  /** Of a struct of functions that loads: why it cannot be registered. */
  readonly unregistrable?: string;
}

/** The verdicts on what is in one file. */
interface FileVerdicts {
  readonly file: string;
  readonly programs: readonly Verdict[];
  /** On structs of functions. */
  readonly structOps: readonly Verdict[];
  /** On the maps of a file without programs. */
  readonly maps?: Pick<Verdict, "error">;
}

/**
 * Loads and unloads what is in the files at `paths`; the exit code tells when something is refused, or a file cannot be read.
 */
export function loadObjects(
  paths: readonly string[],
  { json }: ObjectOptions,
  context: Context,
): void {
  const objects: FileVerdicts[] = [];
  forEachFile(paths, {
    context,
    json,
    act: (path) => {
      const verdicts = verdictsOn(openObjectFile(path));
      objects.push(verdicts);
      if (json !== true) context.stdout.write(`${textOf(verdicts, context).join("\n")}\n`);
    },
  });
  if (json === true && objects.length > 0) {
    context.stdout.write(`${JSON.stringify({ objects })}\n`);
  }
  endWith(context, exitCodeFor(objects.flatMap(allOf)));
  if (context.exitCode === ExitCode.unavailable && json !== true) {
    context.remark('"ts-ebpf doctor" tells what this machine and user can do');
  }
}

function allOf({ programs, structOps, maps }: FileVerdicts): readonly Verdict[] {
  const all = [...programs, ...structOps];
  return maps === undefined ? all : [...all, { name: "its maps", type: "", ...maps }];
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

function textOf(verdicts: FileVerdicts, { stdout }: Context): readonly string[] {
  const all = allOf(verdicts);
  const width = Math.max(...all.map((verdict) => outcomeOf(verdict).length));
  const rows = all.flatMap((verdict) => {
    const outcome = outcomeOf(verdict);
    const painted =
      paintFor(stdout, colourOf(verdict))(outcome) + " ".repeat(width - outcome.length);
    return [`  ${painted}  ${verdict.name}  ${verdict.type}`.trimEnd(), ...reasonLines(verdict)];
  });
  return [verdicts.file, ...rows];
}

function outcomeOf({ error, leftOut }: Verdict): string {
  if (leftOut !== undefined) return "left out";
  return error === undefined ? "loads" : (outcomes[error.code] ?? "refused");
}

function colourOf({ error, leftOut }: Verdict): "green" | "yellow" | "red" {
  if (leftOut !== undefined) return "yellow";
  return error === undefined ? "green" : "red";
}

function reasonLines({ error, leftOut, unregistrable }: Verdict): readonly string[] {
  const registering = unregistrable === undefined ? "" : `cannot be registered: ${unregistrable}`;
  const { message, hint } = error ?? { message: leftOut ?? registering };
  if (message === "") return [];
  const lines = message.split("\n").map((line) => `      ${line}`.trimEnd());
  const said = hint === undefined || message.includes(hint);
  return said ? lines : [...lines, `      hint: ${hint}`];
}

function verdictsOn(object: OpenedObject): FileVerdicts {
  const { path: file, programs, maps, structOps } = object;
  const isMapsOnly = programs.length === 0 && maps.length > 0;
  return {
    file,
    programs: programs.map((program) => {
      const { name, type } = program;
      return { name, type, ...outcomeOfLoading(object, { wanted: [name] }) };
    }),
    structOps: structOps.map((struct) => {
      const { name, type } = struct;
      const wanted = Object.values(struct.programs).map((program) => program.name);
      return { name, type, ...outcomeOfLoading(object, { wanted, struct }) };
    }),
    ...(isMapsOnly ? { maps: outcomeOfLoading(object, { wanted: [] }) } : {}),
  };
}

interface ToLoad {
  /** Names of programs. */
  readonly wanted: readonly string[];
  readonly struct?: StructOpsSpec;
}

type Outcome = Omit<Verdict, "name" | "type">;

/** Loads the maps of the file with nothing else but what is wanted, and unloads them. */
function outcomeOfLoading(
  { path, programs, structOps, maps }: OpenedObject,
  { wanted, struct }: ToLoad,
): Outcome {
  const others = [...structOps, ...programs].filter((part) => part !== struct);
  const chosen = struct?.autoload === false ? [struct.name, ...wanted] : wanted;
  const autoload = Object.fromEntries([
    ...others.map(({ name }) => [name, false] as const),
    ...chosen.map((name) => [name, true] as const),
  ]);
  const arrays = maps.filter(({ type }) => type === "prog_array");
  const held = Object.fromEntries(arrays.map(({ name }) => [name, []]));
  try {
    using loaded = openObject(path).change({ autoload, programs: held }).load();
    return struct === undefined ? {} : outcomeOfStruct(loaded, struct.name);
  } catch (error) {
    if (!isBpfError(error)) throw error;
    const { code, message, hint } = error;
    return { error: { code, message, ...(hint === undefined ? {} : { hint }) } };
  }
}

function outcomeOfStruct({ leftOut, structOps }: Collection, name: string): Outcome {
  const lack = leftOut.get(name);
  if (lack !== undefined) return { leftOut: lack };
  const refusal = structOps.get(name)?.refusal;
  return refusal === undefined ? {} : { unregistrable: refusal.message };
}
