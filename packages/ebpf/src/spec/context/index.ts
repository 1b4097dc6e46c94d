/**
 * What kernel programs are given.
 * @module
 */
export * from "./cgroup.ts";
export * from "./loose.ts";
export * from "./netfilter.ts";
export * from "./perf-event.ts";
export * from "./probe.ts";
export * from "./sk-lookup.ts";
export * from "./sk-msg.ts";
export * from "./sk-reuseport.ts";
export * from "./sock-ops.ts";
export * from "./socket.ts";
export * from "./socket-buffer.ts";
export * from "./tracing.ts";
export * from "./usdt.ts";
export * from "./xdp.ts";
