/**
 * Taking 100 000 records of 64 bytes out of a perf buffer, against `perf_buffer__consume` of libbpf, per record.
 *
 * A program run by hand fills the ring of one CPU before the clock starts. Both sides hand each record to a function that
 * looks at 8 bytes. The peer never waits: what the turn of our event loop adds is a figure of its own.
 * @module
 */
import type { Benchmark, Limit } from "./benchmark.ts";
import { peerObject } from "./peer.ts";
import { programBenchmark } from "./program-benchmark.ts";

/** Times that the ring is filled and drained in a round. */
const fills = 2;

/** Draining a perf buffer. */
export const perfDrain: readonly Benchmark[] = [
  drain("batches", {
    name: "perf-drain",
    about: "a perf buffer's drainBatches, 64-byte records",
    limit: { of: "ratio", max: 1.6 },
  }),
  drain("loop", {
    name: "perf-drain-loop",
    about: "a perf buffer's consumeBatches, with a turn of the event loop",
  }),
];

function drain(
  way: "batches" | "loop",
  figure: { readonly name: string; readonly about: string; readonly limit?: Limit },
): Benchmark {
  return programBenchmark({
    figure,
    operations: { full: 100_000, tiny: 100 },
    ours: ({ operations }) => ["perf-drain.ts", way, fills, operations],
    peer: ({ operations }) => ["perf-drain", peerObject("rings"), fills, operations],
  });
}
