/**
 * `batches` over a hash map of 100 000 elements against `bpf_map_lookup_batch`, per element.
 *
 * Both sides ask for 4096 elements at a time, which is what the library does by itself, and add up every key and value.
 * @module
 */
import type { Benchmark } from "./benchmark.ts";
import { programBenchmark } from "./program-benchmark.ts";

const entries = 100_000;
const batchSize = 4096;

/** Reading a whole map. */
export const mapBatch: readonly Benchmark[] = [
  programBenchmark({
    figure: {
      name: "map-batch",
      about: "batches, per element, values as numbers",
      limit: { of: "ratio", max: 1.4 },
    },
    operations: { full: 3, tiny: 1 },
    ours: ({ operations }) => ["map-batch.ts", "u53", entries, batchSize, operations],
    peer: ({ operations }) => ["map-batch", entries, batchSize, operations],
  }),
  programBenchmark({
    figure: { name: "map-batch-u64", about: "the same, values as bigints" },
    operations: { full: 3, tiny: 1 },
    ours: ({ operations }) => ["map-batch.ts", "u64", entries, batchSize, operations],
    peer: ({ operations }) => ["map-batch", entries, batchSize, operations],
  }),
];
