/**
 * What `types` does: read the kernel, look through the project, write the declarations, and again when it is told to stay.
 * @module
 */
import { printTypeScript } from "ts-ebpf/btf";
import type { Context } from "../context.ts";
import { paintFor } from "../terminal/colour.ts";
import { onInterrupt } from "../terminal/interrupt.ts";
import { UsageError } from "../usage-error.ts";
import type { TypesOptions } from "./command.ts";
import { reportStream, writeDeclarations } from "./declaration-file.ts";
import { type KernelSource, readKernel } from "./kernel-source.ts";
import { type Project, scanProject } from "./project.ts";
import { jsonOf, textOf, warningsOf, type Written } from "./report.ts";
import { ChangeWatcher } from "./watch.ts";

/** Where the declarations go when nobody says. */
const defaultOut = "bpf-kernel.d.ts";

/**
 * Writes the declarations for the sources at `paths`; with `watch`, until a signal.
 * @throws {NotSupportedError} when the kernel does not describe its types.
 * @throws {InvalidArgumentError} when there is no such project; {@link UsageError} when an option is for object files.
 */
export async function writeTypes(
  paths: readonly string[],
  options: TypesOptions,
  context: Context,
): Promise<void> {
  if (options.event !== undefined) {
    throw new UsageError("--event is for object files, and none is given");
  }
  const project = scanProject(paths);
  const progress = showProgress(context);
  const kernel = readKernel(options.btf);
  const written = write(kernel, project, options, context);
  progress.done();
  report(written, options, context);
  if (options.watch === true) await keepWriting({ paths, kernel, project, options, context });
}

/** Shows what takes time, where somebody looks. */
function showProgress({ stderr }: Context): { readonly done: () => void } {
  if (!stderr.isTTY) return { done: () => undefined };
  stderr.write(paintFor(stderr, "dim")("Reading the kernel's types…"));
  return { done: () => void stderr.write("\r\x1b[K") };
}

function write(
  { btf, of }: KernelSource,
  project: Project,
  { out = defaultOut }: TypesOptions,
  context: Context,
): Written {
  const header = `// Types of ${of}, written by "ts-ebpf types". Do not edit.\n`;
  const declarations = printTypeScript(btf, { header, functions: project.functions.keys() });
  const changed = writeDeclarations(out, declarations.text, context);
  return { out, changed, kernel: of, btf, project, declarations };
}

function report(written: Written, { json }: TypesOptions, context: Context): void {
  const { stderr } = context;
  reportStream(written.out, context).write(
    `${json === true ? JSON.stringify(jsonOf(written)) : textOf(written)}\n`,
  );
  if (json === true) return;
  const paint = paintFor(stderr, "yellow");
  for (const warning of warningsOf(written)) stderr.write(`${paint(warning)}\n`);
}

/** What is needed to write again. */
interface Work {
  readonly paths: readonly string[];
  readonly kernel: KernelSource;
  readonly project: Project;
  readonly options: TypesOptions;
  readonly context: Context;
}

async function keepWriting({ paths, kernel, project, options, context }: Work): Promise<void> {
  using interrupt = onInterrupt();
  using watcher = new ChangeWatcher();
  watcher.watch(project.places);
  const { stderr } = context;
  stderr.write(`${paintFor(stderr, "dim")("Watching the sources. Ctrl-C ends.")}\n`);
  let known = namesOf(project);
  // What changed since the first scan, before the watcher was there, is found by scanning once more.
  do {
    const next = scanProject(paths);
    watcher.watch(next.places);
    const names = namesOf(next);
    if (names === known) continue;
    known = names;
    report(write(kernel, next, options, context), options, context);
  } while (await watcher.changed(interrupt.signal));
}

function namesOf({ functions }: Project): string {
  return [...functions.keys()].join(" ");
}
