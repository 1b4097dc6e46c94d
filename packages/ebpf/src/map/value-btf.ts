/**
 * BTF of a map's keys and values, for maps where the kernel must know it: local storage, and values that hold locks,
 * timers and the like.
 * @module
 */
import { BtfWriter } from "../btf/write/writer.ts";
import type { MapCreate } from "../kernel/commands.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { loadBtf } from "../kernel/load-btf.ts";
import { addLayoutType, holdsOpaque } from "../relocate/layout-type.ts";
import {
  isGlobalSpec,
  type KeyedMapSpec,
  type KeyedMapType,
  type MapSpec,
} from "../spec/map-spec.ts";
import type { MapType } from "../spec/words.ts";

/** Whether the kernel wants BTF for the map. */
export function needsBtf(spec: MapSpec): spec is KeyedMapSpec<KeyedMapType, unknown, unknown> {
  if (isGlobalSpec(spec) || !("key" in spec)) return false;
  return localStorage.has(spec.type) || holdsOpaque(spec.value);
}

const localStorage: ReadonlySet<MapType> = new Set<MapType>([
  "sk_storage",
  "task_storage",
  "inode_storage",
  "cgrp_storage",
]);

/** BTF that describes keys and values of `spec`, loaded into `stack`, as attributes of the map. Minimum kernel 4.18. */
export function describedByBtf(
  kernel: Kernel,
  spec: KeyedMapSpec<KeyedMapType, unknown, unknown>,
  stack: DisposableStack,
): Partial<MapCreate> {
  const writer = new BtfWriter();
  const btfKeyTypeId = addLayoutType(writer, spec.key);
  const btfValueTypeId = addLayoutType(writer, spec.value);
  const btf = stack.use(loadBtf(kernel, writer.encode()));
  return { btf, btfKeyTypeId, btfValueTypeId };
}
