/**
 * Live storage of programs attached to control groups, the older kind.
 *
 * Elements come and go with attachments: user space reads and replaces them, and can neither add nor remove any.
 * @module
 */
import type { AttachedStorageType } from "../spec/attached-storage.ts";
import type { KeyedMapSpec } from "../spec/map-spec.ts";
import type { MapHold } from "./bpf-map.ts";
import { ElementMap } from "./element-map.ts";
import { perCpuLayout } from "./per-cpu.ts";

/** Live storage of attached programs, by the number of the control group. `set` only replaces. */
export class AttachedStorageMap<Value> extends ElementMap<"cgroup_storage", bigint, Value> {
  constructor(hold: MapHold<KeyedMapSpec<"cgroup_storage", bigint, Value>>) {
    super(hold, hold.spec.value);
  }
}

/** The same with a value for each CPU: `get` returns one for each possible CPU. */
export class PerCpuAttachedStorageMap<Value> extends ElementMap<
  Extract<AttachedStorageType, `percpu_${string}`>,
  bigint,
  readonly Value[],
  Value
> {
  constructor(hold: MapHold<KeyedMapSpec<"percpu_cgroup_storage", bigint, Value>>) {
    super(hold, perCpuLayout(hold.spec.value, hold.kernel.cpus.possible.length));
  }

  /** Numbers of the CPUs that the values of `get` belong to, in the same order. */
  get cpus(): readonly number[] {
    return this.kernel.cpus.possible;
  }
}
