/**
 * Helpers about the process that a program runs in.
 * @module
 */
import type { Core } from "../core.ts";
import { failed } from "../errno.ts";
import { type HelperGroup, u32Of, u64Of } from "./context.ts";

/** Number of the group at a level above that of the current process: level 0 is the highest one; 0 below its own. */
function groupAbove({ world, files }: Core, level: number): bigint {
  return files.cgroupAndAbove(world.task.cgroupId ?? 1n).at(-1 - level) ?? 0n;
}

/** kernel/bpf/helpers.c and kernel/trace/bpf_trace.c. */
export const taskHelpers: HelperGroup = {
  get_current_task: (_, kernel) => kernel.currentTask.address,
  get_current_task_btf: (_, kernel) => kernel.currentTask.address,
  task_pt_regs: (_, kernel) => kernel.currentTask.registers,
  get_current_cgroup_id: (_, { world }) => world.task.cgroupId ?? 1n,
  get_current_ancestor_cgroup_id: (machine, kernel) => groupAbove(kernel, u32Of(machine, 1)),
  // Sockets and packets are those of the current process.
  sk_ancestor_cgroup_id: (machine, kernel) => groupAbove(kernel, u32Of(machine, 2)),
  skb_ancestor_cgroup_id: (machine, kernel) => groupAbove(kernel, u32Of(machine, 2)),
  current_task_under_cgroup: () => 0,
  get_ns_current_pid_tgid: (machine, { world, memory }) => {
    if (u32Of(machine, 4) !== 8) return failed.invalid;
    const { pid, tid } = world.task;
    memory.store(u64Of(machine, 3), 8, (BigInt(pid) << 32n) | BigInt(tid));
    return 0;
  },
};
