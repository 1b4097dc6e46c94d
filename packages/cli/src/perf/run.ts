/**
 * What `perf run` does: measure the benchmarks that a file exports, add to the history, tell the trends.
 * @module
 */
import { basename } from "node:path";
import { InvalidArgumentError } from "ts-ebpf";
import {
  appendHistory,
  type Benchmark,
  measuredOn,
  type Measurement,
  readHistory,
} from "ts-ebpf/testing";
import type { Context } from "../context.ts";
import type { Library } from "../program-file/library.ts";
import { importProgramFile } from "../program-file/open.ts";
import type { PerfRunOptions } from "./command.ts";
import { reportTrends } from "./report.ts";

/**
 * Measures the benchmarks of the file at `path`.
 * @throws {InvalidArgumentError} when it exports none, or not one that is asked for.
 * @throws {PermissionError} without privileges, unless instructions are counted.
 */
export async function runBenchmarks(
  path: string,
  options: PerfRunOptions,
  context: Context,
): Promise<void> {
  // First of all: what was measured for minutes shall not be lost for a wrong path.
  readHistory(options.history);
  const { library, exports } = await importProgramFile(path);
  const benchmarks = chosen(benchmarksIn(exports), options.export ?? [], path);
  const measured: Measurement[] = [];
  for (const [name, benchmark] of benchmarks) {
    context.remark(`measuring ${name}`);
    measured.push(await measurementOf(name, benchmark, { library, options }));
  }
  // At the end, so that a run that fails half-way leaves no half of itself.
  appendHistory(options.history, measured);
  const { entries, damaged } = readHistory(options.history);
  const isMeant = ({ benchmark, metric }: { benchmark: string; metric: string }): boolean =>
    measured.some((one) => one.benchmark === benchmark && one.metric === metric);
  reportTrends({ entries: entries.filter(isMeant), damaged }, options, context);
}

async function measurementOf(
  name: string,
  benchmark: Benchmark,
  { library, options }: { readonly library: Library; readonly options: PerfRunOptions },
): Promise<Measurement> {
  const { batches, sim, label } = options;
  const measured = await library.testing.measure(benchmark, {
    kernel: sim === true ? "simulated" : "native",
    ...(batches === undefined ? {} : { batches }),
  });
  return {
    kind: "measurement",
    time: new Date().toISOString(),
    benchmark: name,
    ...measured,
    ...measuredOn(measured.metric),
    ...(label === undefined ? {} : { label }),
  };
}

type Named = readonly [name: string, benchmark: Benchmark];

/** Benchmarks among the exports, told by their kind: the file may have another copy of the library. */
function benchmarksIn(exports: Readonly<Record<string, unknown>>): readonly Named[] {
  return Object.entries(exports).filter((entry): entry is [string, Benchmark] => {
    const [, value] = entry;
    return typeof value === "object" && value !== null && (value as Benchmark).kind === "benchmark";
  });
}

function chosen(all: readonly Named[], names: readonly string[], path: string): readonly Named[] {
  const file = basename(path);
  if (all.length === 0)
    throw new InvalidArgumentError(`${file} exports no benchmark`, {
      hint: 'export what benchmark(…) of "ts-ebpf/testing" returns',
    });
  const known = all.map(([name]) => name);
  const missing = names.find((name) => !known.includes(name));
  if (missing !== undefined)
    throw new InvalidArgumentError(`${file} exports no benchmark "${missing}"`, {
      hint: `it has ${known.join(", ")}`,
    });
  return names.length === 0 ? all : all.filter(([name]) => names.includes(name));
}
