/**
 * Helpers that output to perf events (kernel/trace/bpf_trace.c).
 * @module
 */
import type { Core } from "../core.ts";
import { failed } from "../errno.ts";
import { ObjectStore } from "../map/object-store.ts";
import { SimulatedPerfEvent } from "../perf-ring.ts";
import type { Machine } from "../vm/machine.ts";
import { type HelperGroup, readable, u32Of, u64Of } from "./context.ts";

/** BPF_F_INDEX_MASK, which is also BPF_F_CURRENT_CPU. */
const indexMask = 0xffff_ffffn;

function output(machine: Machine, kernel: Core): number {
  return outputBytes(machine, kernel, new Uint8Array());
}

/** The same with so many bytes of the packet behind the data as the flags say. */
function outputPacket(machine: Machine, kernel: Core): number {
  const length = Number((u64Of(machine, 3) >> 32n) & 0xf_ffffn);
  if (length > kernel.packet.length) return failed.fault;
  return outputBytes(machine, kernel, kernel.packet.bytes().subarray(0, length));
}

function outputBytes(machine: Machine, kernel: Core, behind: Uint8Array): number {
  const flags = u64Of(machine, 3) & indexMask;
  const { store } = kernel.mapAt(u64Of(machine, 2));
  if (!(store instanceof ObjectStore)) return failed.invalid;
  const index = flags === indexMask ? kernel.world.cpu : Number(flags);
  if (index >= store.length) return failed.tooBig;
  const event = store.get(new Uint8Array(Uint32Array.of(index).buffer));
  if (!(event instanceof SimulatedPerfEvent)) return failed.noEntry;
  if (event.cpu !== kernel.world.cpu) return failed.operationNotSupported;
  const data = readable(machine, 4, Number(u64Of(machine, 5)));
  if (kernel.injections.loses("perf")) return event.lose();
  const record = new Uint8Array(data.length + behind.length);
  record.set(data);
  record.set(behind, data.length);
  return event.write(record);
}

/** Perf events. */
export const eventHelpers: HelperGroup = {
  perf_event_output: output,
  skb_output: outputPacket,
  xdp_output: outputPacket,
  get_task_stack: () => failed.operationNotSupported,
  read_branch_records: () => failed.noEntry,
  get_branch_snapshot: () => failed.noEntry,
  probe_write_user: (machine, { memory }) => {
    const source = readable(machine, 2, u32Of(machine, 3));
    memory.bytes(u64Of(machine, 1), source.length, "write").set(source);
    return 0;
  },
};
