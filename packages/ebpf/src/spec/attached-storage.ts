/**
 * Specifications of storage that belongs to a program attached to a control group: one value for each group that the
 * program is attached to.
 *
 * This is the older kind; values of a group that any program can get at are `cgroupStorage`. The kernel makes the value
 * when a program that uses the map is attached, and frees it along with the attachment.
 * @module
 */
import { assertLayout } from "../layout/assert-layout.ts";
import { u64 } from "../layout/integer.ts";
import type { Layout } from "../layout/layout.ts";
import { withKernelMethods } from "./kernel-methods.ts";
import { assertMapName, type KeyedMapSpec } from "./map-spec.ts";

/** Kinds of such storage. */
export type AttachedStorageType = "cgroup_storage" | "percpu_cgroup_storage";

/**
 * A value for each control group that programs are attached to: `bpf.getLocalStorage(map)` in a program of that group,
 * the number of the group (of its folder's inode) as key in user space. All attachments of one group share it. Type
 * `cgroup_storage`, minimum kernel 5.9.
 */
export function attachedStorage<Value>(
  name: string,
  value: Layout<Value>,
): KeyedMapSpec<"cgroup_storage", bigint, Value> {
  return storage("cgroup_storage", name, value);
}

/** The same with a value for each CPU. Type `percpu_cgroup_storage`, minimum kernel 5.9. */
export function perCpuAttachedStorage<Value>(
  name: string,
  value: Layout<Value>,
): KeyedMapSpec<"percpu_cgroup_storage", bigint, Value> {
  return storage("percpu_cgroup_storage", name, value);
}

function storage<Type extends AttachedStorageType, Value>(
  type: Type,
  name: string,
  value: Layout<Value>,
): KeyedMapSpec<Type, bigint, Value> {
  assertMapName(name);
  assertLayout(value, `the value of map "${name}"`);
  const spec: KeyedMapSpec<Type, bigint, Value> = {
    kind: "map",
    type,
    name,
    maxEntries: 0,
    flags: [],
    key: u64,
    value,
  };
  return withKernelMethods(spec);
}
