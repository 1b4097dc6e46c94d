/**
 * Helpers on local storage (kernel/bpf/bpf_local_storage.c).
 * @module
 */
import type { Core } from "../core.ts";
import { failed } from "../errno.ts";
import { ownerKey, StorageStore } from "../map/storage-store.ts";
import { MachineFault } from "../vm/fault.ts";
import { type ContextHelper, type HelperGroup, readable, u64Of } from "./context.ts";

/** Whose storage it is, by the address that a program has of it. */
type OwnerOf = (kernel: Core, address: bigint) => bigint;

/** BPF_LOCAL_STORAGE_GET_F_CREATE. */
const create = 1n;

const get =
  (ownerOf: OwnerOf): ContextHelper =>
  (machine, kernel) => {
    const { store, attributes } = kernel.mapAt(u64Of(machine, 1));
    const [address, initial, flags] = [u64Of(machine, 2), u64Of(machine, 3), u64Of(machine, 4)];
    if (!(store instanceof StorageStore) || address === 0n || flags > create) return 0;
    const key = ownerKey(ownerOf(kernel, address));
    if (store.find(key, "program") < 0) {
      if (flags !== create) return 0;
      const { valueSize } = attributes;
      const value = initial === 0n ? new Uint8Array(valueSize) : readable(machine, 3, valueSize);
      store.update(key, value, { mode: "noexist" });
    }
    return store.values.address + BigInt(store.find(key, "program"));
  };

const remove =
  (ownerOf: OwnerOf): ContextHelper =>
  (machine, kernel) => {
    const { store } = kernel.mapAt(u64Of(machine, 1));
    const address = u64Of(machine, 2);
    if (!(store instanceof StorageStore) || address === 0n) return failed.invalid;
    return store.delete(ownerKey(ownerOf(kernel, address)));
  };

/** The thread's number, so that user space finds the same. */
const taskOf: OwnerOf = (kernel, address) => numberAt(kernel, address, ["task_struct", "pid"], 4);

const itself: OwnerOf = (_, address) => address;

/** The group's number, which its node has. */
const groupOf: OwnerOf = (kernel, address) => {
  const node = numberAt(kernel, address, ["cgroup", "kn"], 8);
  return node === address ? address : numberAt(kernel, node, ["kernfs_node", "id"], 8);
};

/** A member of a struct of the kernel; the address where it cannot be read. */
function numberAt(
  { memory, types }: Core,
  address: bigint,
  [struct, member]: readonly [string, string],
  size: number,
): bigint {
  try {
    return memory.load(address + BigInt(types.btf.member(struct, member).offset), size);
  } catch (error) {
    if (error instanceof MachineFault) return address;
    throw error;
  }
}

/** Local storage. */
export const storageHelpers: HelperGroup = {
  sk_storage_get: get(itself),
  sk_storage_delete: remove(itself),
  task_storage_get: get(taskOf),
  task_storage_delete: remove(taskOf),
  inode_storage_get: get(itself),
  inode_storage_delete: remove(itself),
  cgrp_storage_get: get(groupOf),
  cgrp_storage_delete: remove(groupOf),
  get_local_storage: (machine, kernel) => {
    const { store, attributes } = kernel.mapAt(u64Of(machine, 1));
    // The number of the group, and for older keys the place of the program behind it.
    const key = new Uint8Array(attributes.keySize);
    key.set(ownerKey(kernel.world.task.cgroupId ?? 1n));
    if (store.values === undefined) return 0;
    if (store.find(key, "program") < 0)
      store.update(key, new Uint8Array(store.values.stride), { mode: "any" });
    const isPerCpu = attributes.mapType.startsWith("percpu");
    const shift = isPerCpu ? kernel.world.cpu * store.values.cpuStride : 0;
    return store.values.address + BigInt(store.find(key, "program") + shift);
  },
};
