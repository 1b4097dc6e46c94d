/**
 * Taking 100 000 records of 64 bytes out of a perf buffer, against `perf_buffer__consume` of libbpf, per record.
 *
 * A program run by hand fills the ring of one CPU before the clock starts. Both sides hand each record to a function that
 * looks at 8 bytes.
 * @module
 */
import type { Benchmark } from "./benchmark.ts";
import { peerObject } from "./peer.ts";
import { programBenchmark } from "./program-benchmark.ts";

/** Times that the ring is filled and drained in a round. */
const fills = 2;

/** Draining a perf buffer. */
export const perfDrain: Benchmark = programBenchmark({
  figure: {
    name: "perf-drain",
    about: "a perf buffer's consumeBatches, 64-byte records",
    limit: { of: "ratio", max: 1.6 },
  },
  operations: { full: 100_000, tiny: 100 },
  ours: ({ operations }) => ["perf-drain.ts", fills, operations],
  peer: ({ operations }) => ["perf-drain", peerObject("rings"), fills, operations],
});
