/**
 * Records of tracepoints: the struct that the kernel's `TRACE_EVENT` macros make of each.
 *
 * Several events of one class share a record, whose struct has the name of the class. The class of an event is not in
 * BTF under the event's name, so where there is no struct of that name the common suffixes are tried.
 * @module
 */
import { didYouMean } from "../../../base/text.ts";
import type { AttachTarget } from "../../../spec/program-spec.ts";
import { kernelStruct } from "../btf-types.ts";
import { type Entity, regions } from "../entity.ts";
import { type ContextSite, contextPointer } from "./site.ts";
import { btfOf } from "./kernel-types.ts";

/** The record of a tracepoint. */
export function recordOf({
  lowering,
  target,
  context,
}: ContextSite<Extract<AttachTarget, { kind: "tracepoint" }>>): Entity {
  const btf = btfOf(lowering);
  for (const name of structNames(target)) {
    const struct = kernelStruct(btf, name);
    if (struct !== undefined) return contextPointer(context, struct, regions.record);
  }
  const wanted = `trace_event_raw_${target.name}`;
  const hint =
    didYouMean(wanted, btf.namesLike(wanted, "struct")) ?? "use tpBtf(…) or rawTracepoint(…)";
  return lowering.fail(
    lowering.source.node,
    `this kernel has no struct for the record of ${target.category}/${target.name}`,
    hint,
  );
}

/** Names its struct may have. */
function structNames({
  category,
  name,
}: Extract<AttachTarget, { kind: "tracepoint" }>): readonly string[] {
  if (category === "syscalls") {
    return [
      name.startsWith("sys_enter_") ? "trace_event_raw_sys_enter" : "trace_event_raw_sys_exit",
    ];
  }
  const base = `trace_event_raw_${name}`;
  return [base, `${base}_template`, `${base}_class`, ...shortened(name)];
}

/** `sched_wakeup_new` is of the class `sched_wakeup_template`. */
function shortened(name: string): readonly string[] {
  const parts = name.split("_");
  const found: string[] = [];
  for (let count = parts.length - 1; count > 0; count--) {
    const base = `trace_event_raw_${parts.slice(0, count).join("_")}`;
    found.push(`${base}_template`, `${base}_class`, base);
  }
  return found;
}
