/**
 * `get` on an array that is mapped into the process, against a volatile read in C.
 *
 * C needs less than a nanosecond, so the limit is one of our own time: it says that no system call is made and
 * nothing allocated.
 * @module
 */
import type { Benchmark, Limit } from "./benchmark.ts";
import { programBenchmark } from "./program-benchmark.ts";

const entries = 4096;

/** Reading elements as memory. */
export const mapMmap: readonly Benchmark[] = [
  mapped("u53", {
    name: "map-mmap",
    about: "get on a mapped array, u64 as number",
    limit: { of: "ours", max: 3 },
  }),
  mapped("u32", { name: "map-mmap-u32", about: "get on a mapped array, u32" }),
  mapped("u64", { name: "map-mmap-u64", about: "get on a mapped array, u64 as bigint" }),
];

function mapped(
  layout: "u53" | "u32" | "u64",
  figure: { readonly name: string; readonly about: string; readonly limit?: Limit },
): Benchmark {
  return programBenchmark({
    figure,
    operations: { full: 2500, tiny: 3 },
    ours: ({ operations }) => ["map-mmap.ts", layout, entries, operations],
    peer: ({ operations }) => ["map-mmap", entries, operations],
  });
}
