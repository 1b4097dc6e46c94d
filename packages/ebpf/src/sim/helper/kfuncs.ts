/**
 * Functions of the kernel that programs call by their types: counting, locks that nobody contends, text, objects whose count
 * of holders nobody keeps (kernel/bpf/helpers.c, kernel/bpf/bpf_iter.c).
 * @module
 */
import type { Btf } from "../../btf/btf.ts";
import { failed } from "../errno.ts";
import type { Helper, Machine } from "../vm/machine.ts";
import type { Core } from "../core.ts";
import { arenaKfuncs } from "./arena-kfuncs.ts";
import { dynptrKfuncs } from "./dynptr-kfuncs.ts";
import { s32Of, u32Of, u64Of } from "./context.ts";
import { streamKfuncs } from "./stream-kfuncs.ts";
import { textAt } from "./format.ts";

/** BPF_MAX_LOOPS of include/linux/bpf.h. */
const mostTurns = 8 * 1024 * 1024;

const nothing: Helper = () => 0;
const itself: Helper = (machine) => u64Of(machine, 1);

function textOf(machine: Machine, index: number): string {
  return textAt(machine.memory, u64Of(machine, index));
}

/** Where a text is in another, or -ENOENT. */
function indexOrMissing(text: string, wanted: string): number {
  const index = text.indexOf(wanted);
  return index === -1 ? failed.noEntry : new TextEncoder().encode(text.slice(0, index)).length;
}

/** By name. */
const kfuncs: Readonly<Record<string, Helper>> = {
  // A counter is the number it is at and the one where it ends, 4 bytes each.
  bpf_iter_num_new: (machine) => {
    const [at, start, end] = [u64Of(machine, 1), s32Of(machine, 2), s32Of(machine, 3)];
    const isBad = start > end;
    const isLong = !isBad && end - start > mostTurns;
    const isRefused = isBad || isLong;
    machine.memory.store(at, 4, BigInt.asUintN(32, isRefused ? 0n : BigInt(start - 1)));
    machine.memory.store(at + 4n, 4, BigInt.asUintN(32, isRefused ? 0n : BigInt(end)));
    return isBad ? failed.invalid : isLong ? failed.tooBig : 0;
  },
  bpf_iter_num_next: ({ memory, registers }) => {
    const at = registers[1]!;
    const next = BigInt.asIntN(32, memory.load(at, 4)) + 1n;
    const end = BigInt.asIntN(32, memory.load(at + 4n, 4));
    if (next >= end) {
      memory.store(at, 8, 0n);
      return 0;
    }
    memory.store(at, 4, BigInt.asUintN(32, next));
    return at;
  },
  bpf_iter_num_destroy: ({ memory, registers }) => {
    memory.store(registers[1]!, 8, 0n);
    return 0;
  },
  bpf_local_irq_save: (machine) => {
    machine.memory.store(u64Of(machine, 1), 8, 0n);
    return 0;
  },
  bpf_local_irq_restore: nothing,
  bpf_rcu_read_lock: nothing,
  bpf_rcu_read_unlock: nothing,
  bpf_preempt_disable: nothing,
  bpf_preempt_enable: nothing,
  bpf_task_acquire: itself,
  bpf_task_release: nothing,
  bpf_cgroup_acquire: itself,
  bpf_cgroup_release: nothing,
  bpf_task_from_pid: nothing,
  bpf_rdonly_cast: itself,
  bpf_cast_to_kern_ctx: itself,
  bpf_strcmp: (machine) => {
    const [left, right] = [textOf(machine, 1), textOf(machine, 2)];
    return left === right ? 0 : left < right ? -1 : 1;
  },
  bpf_strnlen: (machine) => {
    const length = new TextEncoder().encode(textOf(machine, 1)).length;
    return Math.min(length, u32Of(machine, 2));
  },
  bpf_strstr: (machine) => indexOrMissing(textOf(machine, 1), textOf(machine, 2)),
  bpf_strchr: (machine) =>
    indexOrMissing(textOf(machine, 1), String.fromCharCode(s32Of(machine, 2) & 0xff)),
  bpf_strlen: (machine) => new TextEncoder().encode(textOf(machine, 1)).length,
};

/** Those that are simulated, by name, and by their numbers in the kernel's types. */
export class KfuncTable extends Map<string | number, Helper> {
  readonly #types: () => Btf;

  constructor(kernel: () => Core) {
    super([
      ...Object.entries(kfuncs),
      ...Object.entries(dynptrKfuncs(kernel)),
      ...Object.entries(arenaKfuncs(kernel)),
      ...Object.entries(streamKfuncs(kernel)),
    ]);
    this.#types = () => kernel().types.btf;
  }

  override get(key: string | number): Helper | undefined {
    return typeof key === "string" ? super.get(key) : super.get(this.nameOf(key));
  }

  override has(key: string | number): boolean {
    return this.get(key) !== undefined;
  }

  /** Name of the function with a number. */
  nameOf(id: number): string {
    return this.#types().typeById(id).name;
  }
}
