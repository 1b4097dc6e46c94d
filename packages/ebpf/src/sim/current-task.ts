/**
 * The task that runs, as programs find it: a `task_struct` made of what the test says of the process.
 *
 * It is made when a program asks for it, and stays the same object while the test names the same process.
 * @module
 */
import type { GivenObject } from "./typed/given.ts";
import type { KernelTypes } from "./typed/kernel-types.ts";
import { Placement } from "./typed/placement.ts";
import { TypedWriter } from "./typed/typed-writer.ts";
import type { Memory } from "./vm/memory.ts";
import type { SimulatedTask, World } from "./world.ts";

/** The current task of a kernel. */
export class CurrentTask {
  readonly #types: KernelTypes;
  readonly #memory: Memory;
  readonly #world: World;
  #placement: Placement | undefined;
  #of: SimulatedTask | undefined;
  #address = 0n;

  constructor(types: KernelTypes, memory: Memory, world: World) {
    this.#types = types;
    this.#memory = memory;
    this.#world = world;
  }

  /** Address of its `task_struct`. */
  get address(): bigint {
    const { task } = this.#world;
    if (this.#of === task) return this.#address;
    this.#placement?.[Symbol.dispose]();
    this.#placement = new Placement(this.#memory);
    this.#of = task;
    const writer = new TypedWriter(this.#types.btf, this.#placement);
    this.#address = writer.object("task_struct", membersOf(task));
    return this.#address;
  }

  /** Address of the registers it entered the kernel with. */
  get registers(): bigint {
    void this.address;
    return this.#placement!.allocate("registers of the process", new Uint8Array(registersBytes));
  }
}

/** Bytes of `struct pt_regs` on x86-64. */
const registersBytes = 168;

/** Members of `task_struct` for a process; those that the test gives itself come last. */
function membersOf(task: SimulatedTask): GivenObject {
  const { pid, tid, uid, gid, comm, ppid = 0, fields = {} } = task;
  const credentials = {
    uid: { val: uid },
    gid: { val: gid },
    euid: { val: uid },
    egid: { val: gid },
  };
  const parent = { pid: ppid, tgid: ppid };
  return {
    pid: tid,
    tgid: pid,
    comm,
    real_parent: parent,
    parent,
    cred: credentials,
    real_cred: credentials,
    ...fields,
  };
}
