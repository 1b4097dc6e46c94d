/**
 * `get` on a per-CPU hash map against `bpf_map_lookup_elem`, and the sum of what it returns on both sides.
 *
 * A lookup fills one value for each possible CPU. Ours makes an array of them, with a `bigint` each; what more CPUs
 * cost grows on both sides.
 * @module
 */
import type { Benchmark } from "./benchmark.ts";
import { programBenchmark } from "./program-benchmark.ts";

const entries = 10_000;

/** Lookups of values of all CPUs. */
export const perCpuLookup: readonly Benchmark[] = [
  programBenchmark({
    figure: {
      name: "percpu-lookup",
      about: "get and sum, u32 → u64 of each CPU",
      limit: { of: "ratio", max: 1.4 },
    },
    operations: { full: 50_000, tiny: 100 },
    ours: ({ operations }) => ["percpu-lookup.ts", entries, operations],
    peer: ({ operations }) => ["percpu-lookup", entries, operations],
  }),
];
