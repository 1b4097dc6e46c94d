/**
 * Benchmarks of programs: what is run on what, and how it is measured.
 *
 * In the running kernel a benchmark is timed in batches of test runs, of which the kernel tells the mean; the mean of the
 * middle half of the batches counts, and what a fixed program took in between goes along, so that what else the machine does
 * matters little. In the simulated kernel instructions are
 * counted: the same on every machine, and without noise.
 * @module
 */
import { InvalidArgumentError } from "../../base/errors.ts";
import type { MapSpec } from "../../spec/map-spec.ts";
import type { AttachTarget } from "../../spec/program-spec.ts";
import type { ProgramType } from "../../spec/words.ts";
import type { ProgramTest } from "../program/program-test.ts";
import type { RunInput } from "../program/run-input.ts";
import type { TestedIn } from "../program/test-kernel.ts";
import { testProgram, type TestedSpec } from "../program/test-program.ts";
import { ethernet } from "../packet/packet.ts";
import type { Metric } from "./history.ts";
import { referenceProgram, timeBatches } from "./timed-batches.ts";

/** What a program is run on to be measured. */
export interface BenchmarkInput<Target extends AttachTarget = AttachTarget> extends Omit<
  RunInput,
  "repeat"
> {
  /** Maps of a program of instructions. */
  readonly maps?: readonly MapSpec[];
  /** Fills maps, once before the runs. */
  readonly prepare?: (test: ProgramTest<Target>) => void;
}

/** A benchmark, as plain data. */
export interface Benchmark<Target extends AttachTarget = AttachTarget> {
  readonly kind: "benchmark";
  readonly program: TestedSpec<Target>;
  readonly input: BenchmarkInput<Target>;
}

/**
 * A benchmark, for the command `ts-ebpf perf` in a file that exports it, or for {@link measure}. What the runs of a batch
 * do to the packet and to maps stays for the next one.
 */
export function benchmark<Target extends AttachTarget>(
  program: TestedSpec<Target>,
  input: BenchmarkInput<Target> = {},
): Benchmark<Target> {
  return Object.freeze({ kind: "benchmark", program, input });
}

/** How a benchmark is measured. */
export interface MeasureOptions {
  /** `native` when left out. */
  readonly kernel?: TestedIn;
  /** Batches of runs that are timed: 30 when left out. */
  readonly batches?: number;
}

/** What was measured. */
export interface Measured {
  readonly metric: Metric;
  /** The mean of the middle half of the batches. */
  readonly value: number;
  /** Quartiles of the batches. */
  readonly low: number;
  readonly high: number;
  /** What a program that never changes took at the same time, in nanoseconds; only of times. */
  readonly reference?: number;
}

/**
 * Measures a benchmark: nanoseconds of one run, or instructions in the simulated kernel.
 * @throws {NotSupportedError} when the kernel does not run such programs by itself.
 * @throws {InvalidArgumentError} when it runs them without taking the time.
 */
export async function measure<Target extends AttachTarget>(
  { program, input }: Benchmark<Target>,
  { kernel = "native", batches = 30 }: MeasureOptions = {},
): Promise<Measured> {
  const { maps = [], prepare, ...given } = input;
  using test = await testProgram(program, { kernel, maps });
  prepare?.(test);
  if (test.kernel.kind === "simulated") return counted(test, given);
  // Awaited here, as the program is closed on the way out.
  return await timed(test, given, batches);
}

function counted<Target extends AttachTarget>(
  test: ProgramTest<Target>,
  given: RunInput,
): Measured {
  let value = 0;
  test.simulated.traced(
    () => value++,
    () => test.run(given),
  );
  return { metric: "instructions", value, low: value, high: value };
}

async function timed<Target extends AttachTarget>(
  test: ProgramTest<Target>,
  given: RunInput,
  batches: number,
): Promise<Measured> {
  assertTimed(test.program.type);
  using reference = await testProgram(referenceProgram, { kernel: test.kernel });
  const packet = ethernet();
  const times = timeBatches(
    (repeat) => test.run({ ...given, repeat }).durationNs,
    (repeat) => reference.run({ packet, repeat }).durationNs,
    batches,
  );
  return { metric: "nanoseconds", ...times };
}

/** Types whose test runs are neither repeated nor timed (net/bpf/test_run.c, kernel/trace/bpf_trace.c). */
const untimed: ReadonlySet<ProgramType> = new Set(["raw_tracepoint", "syscall", "tracing"]);

function assertTimed(type: ProgramType): void {
  if (!untimed.has(type)) return;
  throw new InvalidArgumentError(`the kernel does not take the time of runs of ${type} programs`, {
    hint: "count instructions instead, in the simulated kernel",
  });
}
