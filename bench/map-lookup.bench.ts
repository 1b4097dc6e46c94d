/**
 * `get` on a hash map against `bpf_map_lookup_elem`.
 *
 * Nearly all of it is the system call, so the ratio shows what the way to it and the decoding of the value add. A map
 * as people write it has `u64` values, which become a `bigint` each; the same map with `u53` values shows what that
 * costs.
 * @module
 */
import type { Benchmark } from "./benchmark.ts";
import { elementBenchmark } from "./element-benchmark.ts";

/** Lookups. */
export const mapLookup: readonly Benchmark[] = [
  elementBenchmark("lookup", "u64", {
    name: "map-lookup",
    about: "get, u32 → u64 as bigint",
    limit: { of: "ratio", max: 1.3 },
  }),
  elementBenchmark("lookup", "u53", {
    name: "map-lookup-u53",
    about: "get, u32 → u64 as number",
  }),
];
