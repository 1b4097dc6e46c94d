/**
 * `set` of present elements of a hash map against `bpf_map_update_elem`.
 * @module
 */
import type { Benchmark } from "./benchmark.ts";
import { elementBenchmark } from "./element-benchmark.ts";

/** Updates. */
export const mapUpdate: readonly Benchmark[] = [
  elementBenchmark("update", "u64", {
    name: "map-update",
    about: "set, u32 → u64 as bigint",
    limit: { of: "ratio", max: 1.3 },
  }),
  elementBenchmark("update", "u53", {
    name: "map-update-u53",
    about: "set, u32 → u64 as number",
  }),
];
