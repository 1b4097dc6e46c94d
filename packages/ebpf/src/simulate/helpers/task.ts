/**
 * Helpers about the current task, the clock and the CPU.
 * @module
 */
import { addressOf } from "../../layout/address-of.ts";
import type { HelperTable } from "./helper-table.ts";

/** Two numbers of 32 bits in one of 64. */
function pair(high: number, low: number): bigint {
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}

const nanosecondsPerTick = 4_000_000n;

/** Helpers that only look at the world. */
export const taskHelpers: HelperTable = {
  ktimeGetNs: ({ now }) => now,
  ktimeGetBootNs: ({ now }) => now,
  ktimeGetCoarseNs: ({ now }) => now - (now % nanosecondsPerTick),
  ktimeGetTaiNs: ({ now }) => now,
  jiffies64: ({ now }) => now / nanosecondsPerTick,
  getCurrentPidTgid: ({ pid, tid }) => pair(pid, tid),
  getCurrentUidGid: ({ uid, gid }) => pair(gid, uid),
  getCurrentComm: ({ comm }) => comm,
  getCurrentTask: ({ task }) => addressOf(task),
  getCurrentTaskBtf: ({ task }) => task,
  getCurrentCgroupId: ({ cgroupId }) => cgroupId,
  getSmpProcessorId: ({ cpu }) => cpu,
  getNumaNodeId: ({ numaNode }) => numaNode,
  getPrandomU32: ({ random }) => random(),
  getRetval: ({ returnValue }) => returnValue,
  setRetval: (world, value: number) => {
    world.returnValue = value | 0;
    return 0;
  },
  sendSignal: ({ signals }, signal: number) => {
    signals.push(signal);
    return 0;
  },
  sendSignalThread: ({ signals }, signal: number) => {
    signals.push(signal);
    return 0;
  },
};
