/**
 * What `repl` does: asks, evaluates, shows; or evaluates a script and ends.
 * @module
 */
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { Collection } from "ts-ebpf";
import type { Context } from "../context.ts";
import { exitCodeOf } from "../error-report.ts";
import { libraryFor } from "../program-file/library.ts";
import { openWorld } from "../sim/world-file.ts";
import { UsageError } from "../usage-error.ts";
import type { ReplOptions } from "./command.ts";
import { evaluate } from "./evaluate.ts";
import { defineGlobals } from "./globals.ts";
import { showEvents } from "./live-events.ts";
import { Workspace } from "./workspace.ts";
import { formatError, formatValue } from "./writer.ts";

/**
 * Reads, evaluates and shows until there is nothing more, then closes everything.
 * @throws {UsageError} for options that do not go together.
 */
export async function runRepl(
  file: string | undefined,
  options: ReplOptions,
  context: Context,
): Promise<void> {
  if (options.world !== undefined && options.sim !== true)
    throw new UsageError("--world is for a simulated kernel", { hint: "add --sim" });
  using resources = new DisposableStack();
  resources.use(withoutExperimentalWarnings());
  const library = libraryFor(file ?? join(process.cwd(), "repl.ts"));
  const kernel =
    options.sim === true ? openWorld(library, options) : library.sys.openNativeKernel();
  const script = options.eval ?? (process.stdin.isTTY ? undefined : await text(process.stdin));
  const screen = { show: (line: string): void => void context.stdout.write(`${line}\n`) };
  const onLoaded = (collection: Collection): Disposable =>
    script === undefined
      ? showEvents(collection, (line) => screen.show(line))
      : new DisposableStack();
  const workspace = resources.use(new Workspace(library, kernel, onLoaded));
  defineGlobals(workspace);
  if (file !== undefined) await workspace.open(file);
  if (script === undefined) {
    const { converse } = await import("./converse.ts");
    await converse({ workspace, context, screen });
  } else await runScript(script, workspace, context);
}

/** Evaluates a whole script, and prints the value of its last expression. */
async function runScript(script: string, workspace: Workspace, context: Context): Promise<void> {
  const { stdout, stderr } = context;
  try {
    const { value } = await evaluate(script, { capture: workspace.library.capture });
    const options = { colors: stdout.isTTY, cpus: workspace.kernel.cpus.possible };
    if (value !== undefined) stdout.write(`${formatValue(value, options)}\n`);
  } catch (error) {
    stderr.write(`${formatError(error)}\n`);
    context.exitCode = exitCodeOf(error);
  }
}

/** Node says of taking types off and of import() in scripts that they may change, which is our business. */
function withoutExperimentalWarnings(): Disposable {
  const before: unknown = Reflect.get(process, "emitWarning");
  const filtered = (warning: string | Error, ...more: readonly unknown[]): void => {
    if (more[0] === "ExperimentalWarning") return;
    Reflect.apply(before as () => void, process, [warning, ...more]);
  };
  Reflect.set(process, "emitWarning", filtered);
  return { [Symbol.dispose]: () => void Reflect.set(process, "emitWarning", before) };
}
