/**
 * Helpers about the process that a program runs in.
 * @module
 */
import { failed } from "../errno.ts";
import { type HelperGroup, u32Of, u64Of } from "./context.ts";

/** kernel/bpf/helpers.c and kernel/trace/bpf_trace.c. */
export const taskHelpers: HelperGroup = {
  get_current_task: (_, kernel) => kernel.currentTask.address,
  get_current_task_btf: (_, kernel) => kernel.currentTask.address,
  task_pt_regs: (_, kernel) => kernel.currentTask.registers,
  get_current_cgroup_id: (_, { world }) => world.task.cgroupId ?? 1n,
  get_current_ancestor_cgroup_id: (machine, { world, files }) => {
    const groups = files.cgroupAndAbove(world.task.cgroupId ?? 1n);
    // Level 0 is the highest group.
    return groups.at(-1 - u32Of(machine, 1)) ?? 0n;
  },
  current_task_under_cgroup: () => 0,
  get_ns_current_pid_tgid: (machine, { world, memory }) => {
    if (u32Of(machine, 4) !== 8) return failed.invalid;
    const { pid, tid } = world.task;
    memory.store(u64Of(machine, 3), 8, (BigInt(pid) << 32n) | BigInt(tid));
    return 0;
  },
};
