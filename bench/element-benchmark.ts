/**
 * Benchmarks of one system call per element: both sides have a full hash map of 10 000 elements and visit them in the
 * same order, which jumps about.
 * @module
 */
import type { Benchmark, Limit } from "./benchmark.ts";
import { programBenchmark } from "./program-benchmark.ts";

const entries = 10_000;

/** A benchmark of lookups or updates with values of a layout. */
export function elementBenchmark(
  work: "lookup" | "update",
  layout: "u64" | "u53",
  figure: { readonly name: string; readonly about: string; readonly limit?: Limit },
): Benchmark {
  return programBenchmark({
    figure,
    operations: { full: 50_000, tiny: 100 },
    ours: ({ operations }) => ["map-elements.ts", work, layout, entries, operations],
    peer: ({ operations }) => ["map-elements", work, entries, operations],
  });
}
