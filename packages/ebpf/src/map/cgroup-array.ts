/**
 * Live arrays of control groups.
 * @module
 */
import { assertText } from "../base/arguments.ts";
import type { Handle } from "../kernel/handle.ts";
import { ObjectMap } from "./object-map.ts";

/** A live array of control groups. User space cannot read it. */
export class CgroupArray extends ObjectMap<"cgroup_array", number, number> {
  /** Puts a control group, by its folder or a handle, at `index`. The group cannot go while it is in the array. */
  set(index: number, cgroup: string | Handle): void {
    if (typeof cgroup !== "object") assertText(cgroup, "the folder of a control group");
    using stack = new DisposableStack();
    const handle = typeof cgroup === "string" ? stack.use(this.kernel.openPath(cgroup)) : cgroup;
    this.store(index, [handle]);
  }
}
