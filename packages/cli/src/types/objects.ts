/**
 * What `types` does with object files: read them, write the declarations of each, and again when it is told to stay.
 * @module
 */
import { basename, dirname } from "node:path";
import { BpfError, openObject } from "ts-ebpf";
import {
  objectTypeName,
  type ObjectSpec,
  type ObjectTypes,
  printObjectTypes,
} from "ts-ebpf/object";
import type { Context } from "../context.ts";
import { readObjectFile } from "../object/read-file.ts";
import { paintFor } from "../terminal/colour.ts";
import { onInterrupt } from "../terminal/interrupt.ts";
import { UsageError } from "../usage-error.ts";
import type { TypesOptions } from "./command.ts";
import { reportStream, writeDeclarations, writtenName } from "./declaration-file.ts";
import { ChangeWatcher } from "./watch.ts";

/** Whether `path` is that of an object file, by its name. */
export function isObjectPath(path: string): boolean {
  return path.endsWith(".o");
}

/**
 * Writes declarations of what is in the object files at `paths`; with `watch`, until a signal.
 * @throws {MalformedError} when one is damaged, or no object file of BPF.
 * @throws {InvalidArgumentError} when there is no such file, or it cannot be read.
 * @throws {UsageError} when an option is not for object files, or not for several.
 */
export async function writeObjectTypes(
  paths: readonly string[],
  options: TypesOptions,
  context: Context,
): Promise<void> {
  assertMeant(paths, options);
  if (options.watch === true) return keepWriting(paths, options, context);
  for (const path of paths) writeOne(path, options, context);
}

function assertMeant(paths: readonly string[], { btf, out }: TypesOptions): void {
  const source = paths.find((path) => !isObjectPath(path));
  if (source !== undefined) {
    throw new UsageError(`${source} is no object file, and others are`, {
      hint: "write the kernel's types and those of object files one after the other",
    });
  }
  if (btf !== undefined) {
    throw new UsageError("--btf is for the kernel's types, and object files bring theirs");
  }
  if (out !== undefined && paths.length > 1) {
    throw new UsageError(`--out names one file, and there are ${paths.length} objects`, {
      hint: "leave it out: each gets a file of its own name",
    });
  }
}

/** `packets.bpf.d.ts` beside `packets.bpf.o`. */
function besides(path: string): string {
  return path.replace(/\.o$/, ".d.ts");
}

function writeOne(path: string, options: TypesOptions, context: Context): void {
  const { out = besides(path), event = [] } = options;
  const events = Object.fromEntries(event.map(({ name, text }) => [name, text]));
  // Says in words what is wrong with the file.
  readObjectFile(path);
  const spec = openObject(path).change({ events }).spec as ObjectSpec;
  const [name, file] = [objectTypeName(path), basename(path)];
  const header = `// Types of ${file}, written by "ts-ebpf types". Do not edit.\n`;
  const { text, counts } = printObjectTypes(spec, { name, file });
  const changed = writeDeclarations(out, header + text, context);
  const written = { path, out, name, counts, changed };
  const report = options.json === true ? JSON.stringify(jsonOf(written)) : textOf(written);
  reportStream(out, context).write(`${report}\n`);
}

function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}

interface Written {
  readonly path: string;
  readonly out: string;
  readonly name: string;
  readonly counts: ObjectTypes["counts"];
  readonly changed: boolean;
}

function textOf({ path, out, name, counts, changed }: Written): string {
  const { programs, maps, variables } = counts;
  const verb = changed ? "written" : "up to date";
  const what = `${plural(programs, "program")}, ${plural(maps, "map")}, ${plural(variables, "variable")}`;
  return `${writtenName(out)} ${verb}: type ${name} with ${what} (${path})`;
}

function jsonOf({ path, out, name, counts, changed }: Written): object {
  return { type: "types", file: out, changed, object: path, name, counts };
}

/** A compiler removes and writes the files meanwhile, so what is wrong with one is told and may be mended. */
async function keepWriting(
  paths: readonly string[],
  options: TypesOptions,
  context: Context,
): Promise<void> {
  using interrupt = onInterrupt();
  using watcher = new ChangeWatcher();
  watcher.watch(paths.map((path) => dirname(path)));
  context.remark("Watching the object files. Ctrl-C ends.");
  const told = new Map<string, string>();
  do {
    for (const path of paths) writeOrTell(path, { options, context, told });
  } while (await watcher.changed(interrupt.signal));
}

interface Watched {
  readonly options: TypesOptions;
  readonly context: Context;
  /** What was said last of each file. */
  readonly told: Map<string, string>;
}

function writeOrTell(path: string, { options, context, told }: Watched): void {
  try {
    writeOne(path, options, context);
    told.delete(path);
  } catch (error) {
    if (!(error instanceof BpfError)) throw error;
    const text = error.format();
    if (told.get(path) === text) return;
    told.set(path, text);
    context.stderr.write(`${paintFor(context.stderr, "yellow")(text)}\n`);
  }
}
