/**
 * Specifications of local storage: values that belong to a kernel object and are freed with it.
 *
 * To user space the key is a descriptor of the object; programs give the object itself. The kernel wants the number of
 * elements 0 and no preallocation, so there is nothing to say about sizes.
 * @module
 */
import { assertLayout } from "../layout/assert-layout.ts";
import { s32 } from "../layout/integer.ts";
import type { Layout } from "../layout/layout.ts";
import { withKernelMethods } from "./kernel-methods.ts";
import { assertMapName, type KernelMapSpec, type KeyedMapSpec } from "./map-spec.ts";

/** Kinds of local storage. */
export type StorageMapType = "sk_storage" | "task_storage" | "inode_storage" | "cgrp_storage";

/** A value for each socket. Minimum kernel 5.2. */
export function skStorage<Value>(
  name: string,
  value: Layout<Value>,
): KernelMapSpec<"sk_storage", number, Value> {
  return storageMap("sk_storage", name, value);
}

/** A value for each task. Minimum kernel 5.11. */
export function taskStorage<Value>(
  name: string,
  value: Layout<Value>,
): KernelMapSpec<"task_storage", number, Value> {
  return storageMap("task_storage", name, value);
}

/** A value for each inode; needs BPF as a security module. Minimum kernel 5.10. */
export function inodeStorage<Value>(
  name: string,
  value: Layout<Value>,
): KernelMapSpec<"inode_storage", number, Value> {
  return storageMap("inode_storage", name, value);
}

/** A value for each control group. Minimum kernel 6.2. */
export function cgroupStorage<Value>(
  name: string,
  value: Layout<Value>,
): KernelMapSpec<"cgrp_storage", number, Value> {
  return storageMap("cgrp_storage", name, value);
}

function storageMap<Type extends StorageMapType, Value>(
  type: Type,
  name: string,
  value: Layout<Value>,
): KernelMapSpec<Type, number, Value> {
  assertMapName(name);
  assertLayout(value, `the value of map "${name}"`);
  const spec: KeyedMapSpec<Type, number, Value> = {
    kind: "map",
    type,
    name,
    maxEntries: 0,
    flags: ["no_prealloc"],
    key: s32,
    value,
  };
  return withKernelMethods(spec) as KernelMapSpec<Type, number, Value>;
}
