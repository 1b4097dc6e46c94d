/**
 * All benchmarks, in the order in which they run.
 * @module
 */
import type { Benchmark } from "./benchmark.ts";
import { mapBatch } from "./map-batch.bench.ts";
import { mapLookup } from "./map-lookup.bench.ts";
import { mapMmap } from "./map-mmap.bench.ts";
import { mapUpdate } from "./map-update.bench.ts";
import { ringDrain } from "./ring-drain.bench.ts";
import { ringLatency } from "./ring-latency.bench.ts";
import { startup } from "./startup.bench.ts";

/** Every benchmark. */
export const benchmarks: readonly Benchmark[] = [
  ...mapLookup,
  ...mapUpdate,
  ...mapBatch,
  ...mapMmap,
  ...ringDrain,
  ringLatency,
  startup,
];

/** Names of all figures. */
export function figureNames(): string[] {
  return benchmarks.flatMap(({ figures }) => figures.map(({ name }) => name));
}

/** Benchmarks that measure one of the named figures, each with those figures only; all for no names. */
export function choose(names: readonly string[]): Benchmark[] {
  if (names.length === 0) return [...benchmarks];
  return benchmarks
    .map((benchmark) => ({
      ...benchmark,
      figures: benchmark.figures.filter(({ name }) => names.includes(name)),
    }))
    .filter(({ figures }) => figures.length > 0);
}
