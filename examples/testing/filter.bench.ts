/**
 * Benchmarks of the packet filter, for `ts-ebpf perf run`.
 * @module
 */
import { benchmark, ethernet } from "ts-ebpf/testing";
import { blocked, filter } from "../language/packet-filter.ts";

// #region benchmark
export const otherTraffic = benchmark(filter, { packet: ethernet().ipv4().tcp() });

export const blockedPort = benchmark(filter, {
  packet: ethernet().ipv4().udp({ destination: 53 }),
  prepare: (test) => test.map(blocked).set(53, 0n),
});
// #endregion
