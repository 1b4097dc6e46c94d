/**
 * Helpers that read counters of perf events (kernel/trace/bpf_trace.c): what a test has put into the world.
 * @module
 */
import { viewOf } from "../../base/bytes.ts";
import { SimulatedEvent } from "../attach/event.ts";
import type { Core } from "../core.ts";
import { failed } from "../errno.ts";
import { ObjectStore } from "../map/object-store.ts";
import { SimulatedPerfEvent } from "../perf-ring.ts";
import type { Machine } from "../vm/machine.ts";
import { type HelperGroup, u32Of, u64Of, writable } from "./context.ts";

/** BPF_F_INDEX_MASK, which is also BPF_F_CURRENT_CPU. */
const indexMask = 0xffff_ffffn;
/** Bytes of `struct bpf_perf_event_value`: the counter, and for how long it was enabled and counted. */
const valueBytes = 24;

/** The counter that the flags choose from a map of events; a negated errno where there is none. */
function counterAt(machine: Machine, kernel: Core): bigint | number {
  const flags = u64Of(machine, 2);
  const { store } = kernel.mapAt(u64Of(machine, 1));
  if ((flags & ~indexMask) !== 0n || !(store instanceof ObjectStore)) return failed.invalid;
  const index = flags === indexMask ? kernel.world.cpu : Number(flags);
  if (index >= store.length) return failed.tooBig;
  const event = store.get(new Uint8Array(Uint32Array.of(index).buffer));
  if (event === undefined) return failed.noEntry;
  const cpu = event instanceof SimulatedPerfEvent ? event.cpu : cpuOf(event as SimulatedEvent);
  if (cpu !== kernel.world.cpu) return failed.invalid;
  return event instanceof SimulatedEvent ? countOf(kernel, event) : 0n;
}

function cpuOf({ source }: SimulatedEvent): number | undefined {
  return source.kind === "sample" ? source.cpu : undefined;
}

function countOf({ world }: Core, { source }: SimulatedEvent): bigint {
  return source.kind === "sample" ? (world.counters[source.event] ?? 0n) : 0n;
}

function putCounter(machine: Machine, { world }: Core, index: number, count: bigint): number {
  const view = viewOf(writable(machine, index, valueBytes));
  for (const [place, word] of [count, world.now, world.now].entries())
    view.setBigUint64(8 * place, BigInt.asUintN(64, word), true);
  return 0;
}

/** Counters of perf events. */
export const counterHelpers: HelperGroup = {
  perf_event_read: (machine, kernel) => counterAt(machine, kernel),
  perf_event_read_value: (machine, kernel) => {
    const size = u32Of(machine, 4);
    const count = size === valueBytes ? counterAt(machine, kernel) : failed.invalid;
    if (typeof count === "bigint") return putCounter(machine, kernel, 3, count);
    writable(machine, 3, size).fill(0);
    return count;
  },
  perf_prog_read_value: (machine, kernel) => {
    const size = u32Of(machine, 3);
    const { sampled } = kernel.current;
    if (size === valueBytes && sampled !== undefined)
      return putCounter(machine, kernel, 2, kernel.world.counters[sampled] ?? 0n);
    writable(machine, 2, size).fill(0);
    return failed.invalid;
  },
};
