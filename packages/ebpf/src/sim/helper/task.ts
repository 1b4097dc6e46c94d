/**
 * Helpers about the process that a program runs in.
 * @module
 */
import { SimulatedFile } from "../attach/file.ts";
import type { Core } from "../core.ts";
import { failed } from "../errno.ts";
import { ObjectStore } from "../map/object-store.ts";
import { Placement } from "../typed/placement.ts";
import { TypedWriter } from "../typed/typed-writer.ts";
import type { Machine } from "../vm/machine.ts";
import type { Mapping } from "../world.ts";
import { type HelperGroup, u32Of, u64Of } from "./context.ts";

/** Number of the group at a level above that of the current process: level 0 is the highest one; 0 below its own. */
function groupAbove({ world, files }: Core, level: number): bigint {
  return files.cgroupAndAbove(world.task.cgroupId ?? 1n).at(-1 - level) ?? 0n;
}

/** Whether the current process is in a group of a map of such, or below it: 1, 0, or a negated errno. */
function underGroup(kernel: Core, map: bigint, index: number): number {
  const { store } = kernel.mapAt(map);
  if (!(store instanceof ObjectStore)) return failed.invalid;
  if (index >= store.length) return failed.tooBig;
  const group = store.get(new Uint8Array(Uint32Array.of(index).buffer));
  if (!(group instanceof SimulatedFile) || group.cgroupId === undefined) return failed.again;
  const { world, files } = kernel;
  const above = files.cgroupAndAbove(world.task.cgroupId ?? 1n);
  return above.includes(group.cgroupId) ? 1 : 0;
}

/** Calls a function with the mapping of memory that an address is in (kernel/bpf/task_iter.c). */
function findMapping(machine: Machine, kernel: Core): number {
  const [task, address, callback, argument, flags] = [1, 2, 3, 4, 5].map((it) =>
    u64Of(machine, it),
  ) as [bigint, bigint, bigint, bigint, bigint];
  if (flags !== 0n) return failed.invalid;
  const { mappings = [] } = kernel.world.task;
  const found = mappings.find((it) => contains(it, address));
  if (task !== kernel.currentTask.address || found === undefined) return failed.noEntry;
  using placement = new Placement(kernel.memory);
  const mapping = new TypedWriter(kernel.types.btf, placement).object("vm_area_struct", found);
  machine.call(callback, task, mapping, argument);
  return 0;
}

function contains({ vm_start: start, vm_end: end }: Mapping, address: bigint): boolean {
  return address >= start && address < end;
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
  current_task_under_cgroup: (machine, kernel) =>
    underGroup(kernel, u64Of(machine, 1), u32Of(machine, 2)),
  // So are packets.
  skb_under_cgroup: (machine, kernel) => underGroup(kernel, u64Of(machine, 2), u32Of(machine, 3)),
  find_vma: findMapping,
  get_ns_current_pid_tgid: (machine, { world, memory }) => {
    if (u32Of(machine, 4) !== 8) return failed.invalid;
    const { pid, tid } = world.task;
    memory.store(u64Of(machine, 3), 8, (BigInt(pid) << 32n) | BigInt(tid));
    return 0;
  },
};
