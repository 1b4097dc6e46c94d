/**
 * Taking 100 000 records of 64 bytes out of a ring buffer, against `ring_buffer__consume` of libbpf, per record.
 *
 * A program run by hand fills the ring before the clock starts. Both sides hand each record to a function that looks
 * at 8 bytes. The peer never waits: what the turn of our event loop adds is a figure of its own.
 * @module
 */
import type { Benchmark, Limit } from "./benchmark.ts";
import { peerObject } from "./peer.ts";
import { programBenchmark } from "./program-benchmark.ts";

/** Times that the ring is filled and drained in a round. */
const fills = 5;

/** Draining a ring. */
export const ringDrain: readonly Benchmark[] = [
  drain("batches", {
    name: "ring-drain",
    about: "drainBatches, 64-byte records, 8 bytes looked at",
    limit: { of: "ratio", max: 1.5 },
  }),
  drain("loop", {
    name: "ring-drain-loop",
    about: "consumeBatches, with a turn of the event loop",
  }),
  drain("consume", { name: "ring-drain-records", about: "consume, a call per record" }),
  drain("events", { name: "ring-drain-events", about: "drain, each record decoded to an object" }),
];

function drain(
  way: "batches" | "loop" | "consume" | "events",
  figure: { readonly name: string; readonly about: string; readonly limit?: Limit },
): Benchmark {
  return programBenchmark({
    figure,
    operations: { full: 100_000, tiny: 100 },
    ours: ({ operations }) => ["ring-drain.ts", way, fills, operations],
    peer: ({ operations }) => ["ring-drain", peerObject("rings"), fills, operations],
  });
}
