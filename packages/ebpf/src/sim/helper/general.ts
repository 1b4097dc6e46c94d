/**
 * Helpers that ask what is around the program: time, CPU, process, random numbers; and those that read memory and loop.
 * @module
 */
import { failed } from "../errno.ts";
import { MachineFault } from "../vm/fault.ts";
import type { Machine } from "../vm/machine.ts";
import { type HelperGroup, readable, u32Of, u64Of, writable } from "./context.ts";

const encoder = new TextEncoder();

/** Time, CPU and process. */
export const worldHelpers: HelperGroup = {
  ktime_get_ns: (_, { world }) => world.now,
  ktime_get_boot_ns: (_, { world }) => world.now,
  ktime_get_coarse_ns: (_, { world }) => world.now,
  ktime_get_tai_ns: (_, { world }) => world.now,
  jiffies64: (_, { world }) => world.now / 4_000_000n,
  get_smp_processor_id: (_, { world }) => world.cpu,
  get_numa_node_id: () => 0,
  get_prandom_u32: (_, { world }) => BigInt(world.random() >>> 0),
  get_current_pid_tgid: (_, { world: { task } }) => (BigInt(task.pid) << 32n) | BigInt(task.tid),
  get_current_uid_gid: (_, { world: { task } }) => (BigInt(task.gid) << 32n) | BigInt(task.uid),
  get_current_comm: (machine, { world }) => {
    const size = u32Of(machine, 2);
    if (size === 0) return failed.invalid;
    const buffer = writable(machine, 1, size).fill(0);
    buffer.set(encoder.encode(world.task.comm).subarray(0, size - 1));
    return 0;
  },
};

function probeRead(machine: Machine): number {
  const length = u32Of(machine, 2);
  const target = writable(machine, 1, length);
  try {
    target.set(readable(machine, 3, length));
    return 0;
  } catch (error) {
    if (!(error instanceof MachineFault)) throw error;
    target.fill(0);
    return failed.fault;
  }
}

/** Copies text with its zero: bytes copied, or -EFAULT. */
function probeReadText(machine: Machine): number {
  const size = u32Of(machine, 2);
  if (size === 0) return 0;
  const target = writable(machine, 1, size);
  const address = u64Of(machine, 3);
  try {
    for (let index = 0; index < size; index++) {
      const byte = Number(machine.memory.load(address + BigInt(index), 1));
      target[index] = byte;
      if (byte === 0) return index + 1;
    }
    target[size - 1] = 0;
    return size;
  } catch (error) {
    if (!(error instanceof MachineFault)) throw error;
    target[0] = 0;
    return failed.fault;
  }
}

/** Most turns of `bpf_loop`: BPF_MAX_LOOPS of include/linux/bpf.h. */
const mostTurns = 8 * 1024 * 1024;

/** Memory, loops and locks. */
export const memoryHelpers: HelperGroup = {
  probe_read: probeRead,
  probe_read_kernel: probeRead,
  probe_read_user: probeRead,
  copy_from_user: probeRead,
  copy_from_user_task: probeRead,
  probe_read_str: probeReadText,
  probe_read_kernel_str: probeReadText,
  probe_read_user_str: probeReadText,
  strncmp: (machine) => {
    const length = u32Of(machine, 2);
    const left = readable(machine, 1, length);
    const right = u64Of(machine, 3);
    for (let index = 0; index < length; index++) {
      const byte = Number(machine.memory.load(right + BigInt(index), 1));
      if (left[index] !== byte) return left[index]! < byte ? -1 : 1;
      if (byte === 0) return 0;
    }
    return 0;
  },
  loop: (machine) => {
    const turns = u32Of(machine, 1);
    const [callback, argument] = [u64Of(machine, 2), u64Of(machine, 3)];
    if (u64Of(machine, 4) !== 0n) return failed.invalid;
    if (turns > mostTurns) return failed.tooBig;
    for (let turn = 0; turn < turns; turn++) {
      if (machine.call(callback, BigInt(turn), argument) !== 0n) return turn + 1;
    }
    return turns;
  },
  // One program runs at a time: nobody else can hold a lock.
  spin_lock: () => 0,
  spin_unlock: () => 0,
};
