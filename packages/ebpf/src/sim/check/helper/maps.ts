/**
 * Which helpers take which maps: `check_map_func_compatibility` of kernel/bpf/verifier.c.
 * @module
 */
import type { CheckedMap, CheckedProgram } from "../program.ts";
import { Refusal } from "../refusal.ts";

/** Maps with elements that programs read and change in place. */
export const elementMaps: readonly string[] = [
  "hash",
  "array",
  "percpu_hash",
  "percpu_array",
  "lru_hash",
  "lru_percpu_hash",
  "lpm_trie",
];

const socketMaps = ["sockmap", "sockhash"];

/** Helpers that are not here take what they get, unless it is among {@link ownMaps}. */
const mapsOf: Readonly<Record<string, readonly string[]>> = {
  tail_call: ["prog_array"],
  ringbuf_reserve: ["ringbuf"],
  ringbuf_output: ["ringbuf"],
  ringbuf_query: ["ringbuf"],
  ringbuf_reserve_dynptr: ["ringbuf"],
  user_ringbuf_drain: ["user_ringbuf"],
  perf_event_output: ["perf_event_array"],
  perf_event_read: ["perf_event_array"],
  perf_event_read_value: ["perf_event_array"],
  skb_output: ["perf_event_array"],
  xdp_output: ["perf_event_array"],
  get_stackid: ["stack_trace"],
  redirect_map: ["devmap", "devmap_hash", "cpumap", "xskmap"],
  sk_redirect_map: ["sockmap"],
  sock_map_update: ["sockmap"],
  msg_redirect_map: ["sockmap"],
  sk_redirect_hash: ["sockhash"],
  sock_hash_update: ["sockhash"],
  msg_redirect_hash: ["sockhash"],
  get_local_storage: ["cgroup_storage", "percpu_cgroup_storage"],
  current_task_under_cgroup: ["cgroup_array"],
  skb_under_cgroup: ["cgroup_array"],
  sk_select_reuseport: ["reuseport_sockarray", ...socketMaps],
  sk_storage_get: ["sk_storage"],
  sk_storage_delete: ["sk_storage"],
  task_storage_get: ["task_storage"],
  task_storage_delete: ["task_storage"],
  inode_storage_get: ["inode_storage"],
  inode_storage_delete: ["inode_storage"],
  cgrp_storage_get: ["cgrp_storage"],
  cgrp_storage_delete: ["cgrp_storage"],
  map_push_elem: ["queue", "stack", "bloom_filter"],
  map_pop_elem: ["queue", "stack"],
  map_peek_elem: ["queue", "stack", "bloom_filter"],
  map_lookup_percpu_elem: ["percpu_array", "percpu_hash", "lru_percpu_hash"],
  for_each_map_elem: elementMaps.filter((type) => type !== "lpm_trie"),
  map_lookup_elem: [
    ...elementMaps,
    "array_of_maps",
    "hash_of_maps",
    "devmap",
    "devmap_hash",
    "xskmap",
    ...socketMaps,
  ],
  map_update_elem: [...elementMaps, ...socketMaps],
  map_delete_elem: [...elementMaps, ...socketMaps],
};

/** Maps that only the helpers made for them take. */
const ownMaps: ReadonlySet<string> = new Set([
  "prog_array",
  "ringbuf",
  "user_ringbuf",
  "perf_event_array",
  "stack_trace",
  "cgroup_array",
  "cgroup_storage",
  "percpu_cgroup_storage",
  "queue",
  "stack",
  "bloom_filter",
  "sk_storage",
  "task_storage",
  "inode_storage",
  "cgrp_storage",
  "struct_ops",
  "devmap",
  "devmap_hash",
  "cpumap",
  "xskmap",
  "reuseport_sockarray",
  "array_of_maps",
  "hash_of_maps",
  ...socketMaps,
]);

/** Refuses a map that the helper does not take. */
export function assertMapFits(program: CheckedProgram, map: CheckedMap, helper: string): void {
  const fits = mapsOf[helper]?.includes(map.type) ?? !ownMaps.has(map.type);
  const sockets = socketMaps.includes(map.type) && /^map_(update|delete)_elem$/.test(helper);
  if (sockets && !maySet(program, helper)) {
    throw new Refusal(
      `cannot update sockmap in this context\ncannot pass map_type ${map.type} into func bpf_${helper}`,
      "EINVAL",
    );
  }
  if (fits) return;
  throw new Refusal(`cannot pass map_type ${map.type} into func bpf_${helper}`, "EINVAL");
}

/** `may_update_sockmap`. */
function maySet({ type, expectedAttachType }: CheckedProgram, helper: string): boolean {
  if (type === "tracing") return expectedAttachType === "trace_iter";
  if (type === "sock_ops") return helper === "map_delete_elem";
  return setsSockets.has(type);
}

const setsSockets: ReadonlySet<string> = new Set([
  "socket_filter",
  "sched_cls",
  "sched_act",
  "xdp",
  "sk_reuseport",
  "flow_dissector",
  "sk_lookup",
]);

/** Whether values of a map are sockets. */
export function holdsSockets(map: CheckedMap): boolean {
  return socketMaps.includes(map.type);
}
