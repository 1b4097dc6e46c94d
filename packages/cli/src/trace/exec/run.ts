/**
 * What `trace exec` does: load, attach, print what comes, and account for all of it.
 *
 * Every execution between attaching and detaching is printed or counted as lost. To that end the program is detached first,
 * then the ring buffer is emptied, and only then the counters are read. When this process ends, however it ends, the kernel
 * takes away all that it made. On the simulated kernel all happens at once, and that is the end.
 * @module
 */
import { isNotSupported, isPermissionDenied } from "ts-ebpf/kernel";
import { openNativeKernel } from "ts-ebpf/sys";
import type { Context } from "../../context.ts";
import { paintFor } from "../../terminal/colour.ts";
import { onInterrupt } from "../../terminal/interrupt.ts";
import { LineWriter } from "../../terminal/line-writer.ts";
import type { ExecOptions } from "./command.ts";
import { ExecPrinter } from "./exec-printer.ts";
import { lossWarning, textSummary } from "./exec-summary.ts";
import { type ExecTracer, loadTracer } from "./load-tracer.ts";
import type { ExecSummary, ExecView } from "./exec-view.ts";
import { monotonicUs, WallClock } from "./wall-clock.ts";

/**
 * Traces until a signal, the duration, the count, or until nobody reads any more.
 * @throws {PermissionError} without privileges, {@link NotSupportedError} when the kernel is too old.
 */
export async function traceExec(options: ExecOptions, context: Context): Promise<void> {
  using interrupt = onInterrupt();
  const { tracer: opened, replay } = await openTracer(options, context);
  using tracer = opened;
  tracer.attach();
  const startedUs = monotonicUs();
  // From here on the ring buffer keeps what happens; making outputs takes longer than it takes for the first event to come.
  using lines = new LineWriter(context.lines);
  const view = await openView(options, context);
  const clock = new WallClock();
  const limit = options.count ?? Infinity;
  const printer = new ExecPrinter({ ring: tracer.events, lines, view, clock, limit });
  announce(view, options, { lines, context, isSimulated: replay !== undefined });
  if (replay === undefined) {
    const timer = setInterval(() => clock.adjust(), 1000).unref();
    await printer.printUntil(endOf(options, interrupt.signal));
    clearInterval(timer);
  } else replay();
  tracer.detach();
  const seconds = (monotonicUs() - startedUs) / 1e6;
  await printer.printRest();
  const summary = { events: printer.printed, lost: lostBy(tracer), seconds };
  await conclude(summary, view, { lines, context, ringBytes: options.ringSize });
}

/** The kernel half. */
interface OpenTracer {
  readonly tracer: ExecTracer;
  /** Lets happen what was recorded; only on the simulated kernel. */
  readonly replay?: () => void;
}

/** The kernel half, loaded and not yet attached. */
async function openTracer(options: ExecOptions, context: Context): Promise<OpenTracer> {
  const { pid = [], ppid = [], uid = [], command = [], ringSize, sim } = options;
  const filters = { pids: pid, parents: ppid, uids: uid, commands: command };
  const tracerOptions = { filters, ringBytes: ringSize };
  if (sim !== "always") {
    try {
      return { tracer: await loadTracer(openNativeKernel(), tracerOptions) };
    } catch (error) {
      if (sim === undefined || !isOutOfReach(error)) throw error;
      context.remark(`The kernel of this machine cannot be traced: ${error.message}.`);
    }
  }
  const { loadSimulatedTracer } = await import("./simulated-tracer.ts");
  return loadSimulatedTracer(tracerOptions, process.hrtime.bigint());
}

/** Whether the real kernel cannot be used at all from here. */
function isOutOfReach(error: unknown): error is Error {
  return isPermissionDenied(error) || isNotSupported(error);
}

/** Only the view that is wanted is loaded. */
async function openView({ json }: ExecOptions, context: Context): Promise<ExecView> {
  if (json === true) return (await import("./exec-json.ts")).execJson();
  return (await import("./exec-table.ts")).execTable(context.stdout);
}

interface Outlets {
  readonly lines: LineWriter;
  readonly context: Context;
}

/** Says that from now on nothing is missed, or that nothing of this machine is shown. */
function announce(
  view: ExecView,
  { header }: ExecOptions,
  { lines, context, isSimulated }: Outlets & { readonly isSimulated: boolean },
): void {
  if (header && view.header !== undefined) lines.write(view.header);
  context.remark(
    isSimulated
      ? "Simulated kernel: the same program on executions that were recorded on another machine."
      : "Tracing executions. Ctrl-C ends.",
  );
}

/** Aborted by the signal, or when the time is up. */
function endOf({ duration }: ExecOptions, interrupted: AbortSignal): AbortSignal {
  if (duration === undefined) return interrupted;
  return AbortSignal.any([interrupted, AbortSignal.timeout(duration)]);
}

/** Executions that found no room, and those that the kernel did not run the program for. */
function lostBy({ events, onExec }: ExecTracer): number {
  return Number((events.lost() ?? 0n) + onExec.info().recursionMisses);
}

async function conclude(
  summary: ExecSummary,
  view: ExecView,
  { lines, context, ringBytes }: Outlets & { readonly ringBytes: number },
): Promise<void> {
  const last = view.summary?.(summary);
  if (last !== undefined) lines.write(last);
  await lines.settled();
  if (lines.broken) return;
  const { stderr } = context;
  if (last === undefined) stderr.write(`${textSummary(summary)}\n`);
  if (summary.lost === 0) return;
  stderr.write(`${paintFor(stderr, ["bold", "yellow"])(lossWarning(summary.lost, ringBytes))}\n`);
}
