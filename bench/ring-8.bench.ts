/**
 * Taking 100 000 records of 64 bytes out of eight ring buffers with one reader, against one `ring_buffer` of libbpf that
 * eight were added to, per record.
 * @module
 */
import type { Benchmark } from "./benchmark.ts";
import { peerObject } from "./peer.ts";
import { programBenchmark } from "./program-benchmark.ts";

/** Times that the rings are filled and drained in a round. */
const fills = 5;
const rings = 8;

/** Draining several rings. */
export const ring8: Benchmark = programBenchmark({
  figure: {
    name: "ring-8",
    about: "consumeRingBatches of 8 rings, 64-byte records",
    limit: { of: "ratio", max: 1.5 },
  },
  operations: { full: 100_000, tiny: 800 },
  ours: ({ operations }) => ["ring-8.ts", fills, operations / rings],
  peer: ({ operations }) => ["ring-8", peerObject("rings"), fills, operations / rings],
});
