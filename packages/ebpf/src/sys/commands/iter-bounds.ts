/**
 * Between which bounds an iterator walks: `union bpf_iter_link_info` of include/uapi/linux/bpf.h.
 *
 *     map    { __u32 map_fd; }
 *     cgroup { __u32 order; __u32 cgroup_fd; __u64 cgroup_id; }
 *     task   { __u32 tid; __u32 pid; __u32 pid_fd; }
 * @module
 */
import type { ElementWords, IterBounds } from "../../kernel/commands.ts";
import type { IterOrder } from "../../spec/program-spec.ts";
import { numberOf } from "../call/flags.ts";

/** `enum bpf_cgroup_iter_order`. */
const orders: { readonly [Order in IterOrder]: number } = {
  self_only: 1,
  descendants_pre: 2,
  descendants_post: 3,
  ancestors_up: 4,
};

/**
 * The union as words of 4 bytes.
 * @throws {InvalidArgumentError} for an order that is none.
 */
export function iterBoundsWords(bounds: IterBounds): ElementWords {
  if ("map" in bounds) return [bounds.map];
  if ("cgroup" in bounds) {
    return [numberOf(orders, bounds.order, "the order of an iterator"), bounds.cgroup, 0, 0];
  }
  return "tid" in bounds ? [bounds.tid, 0, 0] : [0, bounds.pid, 0];
}
