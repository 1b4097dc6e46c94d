/**
 * What `run` does: load what the file exports, show what it sees, until a signal, the duration, the count, or until
 * nobody reads any more.
 *
 * With `--watch` there is a session after another. The next one is loaded while the one before still runs, and takes its
 * place only when it has loaded; so a mistake in the file costs nothing that runs.
 * @module
 */
import { existsSync } from "node:fs";
import { basename } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Layout } from "ts-ebpf";
import type { Context } from "../context.ts";
import { reportError } from "../error-report.ts";
import { ModuleFiles } from "../program-file/module-files.ts";
import { openProgramFile } from "../program-file/open.ts";
import { paintFor } from "../terminal/colour.ts";
import { onInterrupt } from "../terminal/interrupt.ts";
import { LineWriter } from "../terminal/line-writer.ts";
import { ChangeWatcher } from "../types/watch.ts";
import { UsageError } from "../usage-error.ts";
import type { RunOptions } from "./command.ts";
import { assertPlacesUsed } from "./used-places.ts";
import { lossWarnings, textSummary } from "./run-summary.ts";
import { runJson } from "./run-json.ts";
import { runTable } from "./run-table.ts";
import type { RunSummary, RunView } from "./run-view.ts";
import { Session } from "./session.ts";

/**
 * Runs the programs that the file at `path` exports.
 * @throws {CompileError} {@link VerifierError} {@link PermissionError} and whatever else keeps them from being loaded;
 * with `watch` these are told, and a better file is waited for.
 */
export async function runPrograms(
  path: string,
  options: RunOptions,
  context: Context,
): Promise<void> {
  assertTogether(options);
  using interrupt = onInterrupt();
  using lines = new LineWriter(context.stdout);
  const work: Work = { path, options, context, lines, interrupted: interrupt.signal };
  await (options.watch === true ? runWatching(work) : runOnce(work));
}

/** Options that mean something in a simulated kernel alone. */
const onlySimulated = ["input", "world", "function", "tracepoint"] as const;

/** @throws {UsageError} for options that do not go together. */
function assertTogether({ sim, watch, ...options }: RunOptions): void {
  const given = onlySimulated.find((name) => options[name] !== undefined);
  if (given !== undefined && sim !== true)
    throw new UsageError(`--${given} is for a simulated kernel`, { hint: "add --sim" });
  if (sim === true && watch === true)
    throw new UsageError("--watch does not go with --sim, which ends by itself");
}

/** What all of a run works with. */
interface Work {
  readonly path: string;
  readonly options: RunOptions;
  readonly context: Context;
  readonly lines: LineWriter;
  readonly interrupted: AbortSignal;
}

async function runOnce(work: Work): Promise<void> {
  using session = await open(work);
  session.attach();
  announce(session, work);
  if (session.kernelKind === "simulated") session.replay();
  else await session.showUntil(endOf(work));
  await conclude(session, work);
}

async function open({ path, options, context, lines }: Work): Promise<Session> {
  const file = await openProgramFile(path, options.export);
  assertPlacesUsed(file.specs, options);
  const openView = (rings: ReadonlyMap<string, Layout<unknown>>): RunView =>
    options.json === true ? runJson() : runTable(context.stdout, { rings, rows: options.rows });
  return Session.load({ file, options, lines, openView });
}

/** Aborted by a signal of the system, or when the time is up. */
function endOf({ options: { duration }, interrupted }: Work): AbortSignal {
  if (duration === undefined) return interrupted;
  return AbortSignal.any([interrupted, AbortSignal.timeout(duration)]);
}

/** Says that from now on nothing is missed. */
function announce({ attached, kernelKind }: Session, { path, context, options }: Work): void {
  const what = `${basename(path)}: ${attached.join(", ")}`;
  if (kernelKind === "native") say(context, `Running ${what}. Ctrl-C ends.`);
  else say(context, `Running ${what}. On a simulated kernel, with ${inputOf(options)}.`);
}

function inputOf({ input }: RunOptions): string {
  return input === undefined
    ? "no input: nothing happens there; give --input"
    : `what ${input} says`;
}

function say({ stderr }: Context, text: string): void {
  stderr.write(`${paintFor(stderr, "dim")(text)}\n`);
}

async function conclude(session: Session, { options, context, lines }: Work): Promise<void> {
  const summary = await session.conclude();
  if (!lines.broken) tell(summary, options, context);
}

function tell(summary: RunSummary, { json }: RunOptions, { stderr }: Context): void {
  if (json !== true) stderr.write(`${textSummary(summary)}\n`);
  const paint = paintFor(stderr, ["bold", "yellow"]);
  for (const warning of lossWarnings(summary)) stderr.write(`${paint(warning)}\n`);
}

async function runWatching(work: Work): Promise<void> {
  using files = new ModuleFiles(work.path);
  using watcher = new ChangeWatcher();
  using running = new Running(work, endOf(work));
  do {
    const next = await openOrReport(work);
    watcher.watch(files.folders.filter((folder) => existsSync(folder)));
    if (next !== undefined) await running.replace(next);
    else if (!running.ended.aborted) say(work.context, waitingNote(running));
  } while (await changed(files, watcher, running.ended));
  await running.stop();
}

function waitingNote({ active }: Running): string {
  return active ? "What ran before runs on." : "Waiting for a change of the file.";
}

/** What a session has to tell when it cannot be opened is told, and `undefined` returned. */
async function openOrReport(work: Work): Promise<Session | undefined> {
  try {
    return await open(work);
  } catch (error) {
    report(error, work);
    return undefined;
  }
}

function report(error: unknown, { options, context }: Work): void {
  reportError(error, { context, json: options.json === true });
}

/** Editors write a file in several steps; this long after the last one it counts as written. */
const settleMs = 50;

/** Resolves with whether a file of the program has changed; with `false` when everything ends before. */
async function changed(
  files: ModuleFiles,
  watcher: ChangeWatcher,
  ended: AbortSignal,
): Promise<boolean> {
  while (await watcher.changed(ended)) {
    await delay(settleMs);
    if (files.changed()) return true;
  }
  return false;
}

/** The session that is shown, one after another. */
class Running implements Disposable {
  readonly #work: Work;
  readonly #end: AbortSignal;
  /** Aborted when a session has shown all that is wanted, or failed. */
  readonly #done = new AbortController();
  #current: { readonly session: Session; readonly stop: () => Promise<void> } | undefined;
  readonly ended: AbortSignal;

  constructor(work: Work, end: AbortSignal) {
    this.#work = work;
    this.#end = end;
    this.ended = AbortSignal.any([end, this.#done.signal]);
  }

  get active(): boolean {
    return this.#current !== undefined;
  }

  /** Ends the current session and starts `next`; what keeps it from being attached is told. */
  async replace(next: Session): Promise<void> {
    await this.stop();
    try {
      next.attach();
    } catch (error) {
      next[Symbol.dispose]();
      report(error, this.#work);
      return;
    }
    announce(next, this.#work);
    this.#current = this.#show(next);
  }

  /** Ends the current session, and tells what it came to. */
  async stop(): Promise<void> {
    const current = this.#current;
    this.#current = undefined;
    await current?.stop();
  }

  [Symbol.dispose](): void {
    this.#current?.session[Symbol.dispose]();
  }

  #show(session: Session): { readonly session: Session; readonly stop: () => Promise<void> } {
    const replaced = new AbortController();
    const shown = session.showUntil(AbortSignal.any([this.#end, replaced.signal])).finally(() => {
      if (!replaced.signal.aborted) this.#done.abort();
    });
    // Whoever stops the session learns of it.
    shown.catch(() => undefined);
    const stop = async (): Promise<void> => {
      replaced.abort();
      try {
        await shown;
        await conclude(session, this.#work);
      } finally {
        session[Symbol.dispose]();
      }
    };
    return { session, stop };
  }
}
