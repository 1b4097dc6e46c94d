/**
 * All benchmarks, in the order in which they run.
 * @module
 */
import { afXdp } from "./af-xdp.bench.ts";
import type { Benchmark } from "./benchmark.ts";
import { btfLoad } from "./btf-load.bench.ts";
import { codegen, codegenRuns } from "./codegen.bench.ts";
import { compile, compileFirst } from "./compile.bench.ts";
import { mapBatch } from "./map-batch.bench.ts";
import { mapLookup } from "./map-lookup.bench.ts";
import { mapMmap } from "./map-mmap.bench.ts";
import { mapUpdate } from "./map-update.bench.ts";
import { objectLoad } from "./object-load.bench.ts";
import { perfDrain } from "./perf-drain.bench.ts";
import { ring8 } from "./ring-8.bench.ts";
import { perCpuLookup } from "./percpu-lookup.bench.ts";
import { ringDrain } from "./ring-drain.bench.ts";
import { ringLatency } from "./ring-latency.bench.ts";
import { simExec } from "./sim-exec.bench.ts";
import { startup } from "./startup.bench.ts";

/** Every benchmark. */
export const benchmarks: readonly Benchmark[] = [
  ...mapLookup,
  ...perCpuLookup,
  ...mapUpdate,
  ...mapBatch,
  ...mapMmap,
  ...ringDrain,
  ring8,
  ...perfDrain,
  ringLatency,
  afXdp,
  startup,
  codegen,
  ...codegenRuns,
  compile,
  compileFirst,
  btfLoad,
  objectLoad,
  simExec,
];

/** Names of all figures, and of the groups they are asked for by. */
export function figureNames(): string[] {
  const names = benchmarks.flatMap(({ group, figures }) => [
    ...(group === undefined ? [] : [group]),
    ...figures.map(({ name }) => name),
  ]);
  return [...new Set(names)];
}

/** Names for people: those of groups stand for the figures in them. */
export function shortNames(): string[] {
  const names = benchmarks.flatMap(
    ({ group, figures }) => group ?? figures.map(({ name }) => name),
  );
  return [...new Set(names)];
}

/**
 * Benchmarks that measure one of the named figures, each with those figures only, and all of the named groups; all for
 * no names.
 */
export function choose(names: readonly string[]): Benchmark[] {
  if (names.length === 0) return [...benchmarks];
  return benchmarks
    .map((benchmark) => only(benchmark, names))
    .filter(({ figures }) => figures.length > 0);
}

function only(benchmark: Benchmark, names: readonly string[]): Benchmark {
  const { group, figures } = benchmark;
  if (group !== undefined && names.includes(group)) return benchmark;
  return { ...benchmark, figures: figures.filter(({ name }) => names.includes(name)) };
}
