/**
 * The program of `trace exec` on the simulated kernel, and what happens there: executions that were recorded on a real one.
 *
 * It is the same program with the same maps. Each recorded execution becomes the objects of the kernel that the program
 * looks at, and the tracepoint is fired. What was recorded comes with the command (`tools/recording`).
 * @module
 */
import { createSimulatedKernel, type SimulatedKernel } from "ts-ebpf/sim";
import { type ExecTracer, type ExecTracerOptions, loadTracer } from "./load-tracer.ts";
import recorded from "./recorded-executions.json" with { type: "json" };

/** An execution as it was recorded. */
interface RecordedExecution {
  /** Milliseconds since the first one. */
  readonly afterMs: number;
  readonly ppid: number;
  readonly pid: number;
  readonly uid: number;
  readonly command: string;
  readonly file: string;
  readonly arguments: readonly string[];
}

/** A tracer on a simulated kernel. */
export interface SimulatedTracer {
  readonly tracer: ExecTracer;
  /** Lets everything happen that was recorded; returns how many executions that were. */
  replay(): number;
}

/** Loads the program into a new simulated kernel; the caller closes the tracer. `startNs` is the time of the first execution. */
export async function loadSimulatedTracer(
  options: ExecTracerOptions,
  startNs: bigint,
): Promise<SimulatedTracer> {
  const kernel = createSimulatedKernel();
  const tracer = await loadTracer(kernel, options);
  return {
    tracer,
    replay: () => {
      for (const execution of recorded) execute(kernel, execution, startNs);
      return recorded.length;
    },
  };
}

function execute(kernel: SimulatedKernel, execution: RecordedExecution, startNs: bigint): void {
  const { afterMs, pid, ppid, uid, command, file, arguments: words } = execution;
  const text = new TextEncoder().encode(words.map((word) => `${word}\0`).join(""));
  const start = kernel.place(text);
  kernel.world.now = startNs + 1_000_000n * BigInt(afterMs);
  kernel.world.task = { pid, tid: pid, uid, gid: uid, comm: command, ppid };
  const mm = { arg_start: start, arg_end: start + BigInt(text.length) };
  const task = { pid, tgid: pid, comm: command, mm, real_parent: { pid: ppid, tgid: ppid } };
  kernel.fire.rawTracepoint("sched_process_exec", [task, pid, { filename: file }]);
}
