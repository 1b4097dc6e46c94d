/**
 * Counts the system calls that each process makes.
 * @module
 */
// #region program
import { atomic, bpf, hashMap, rawTracepoint, u32, u64 } from "ts-ebpf";

/** System calls by process. */
export const counts = hashMap("counts", u32, u64, 1024);

export const onCall = rawTracepoint("sys_enter", () => {
  "use bpf";
  const pid = u32(bpf.getCurrentPidTgid() >> 32n);
  const count = counts.lookup(pid);
  if (count) atomic(count).value += 1n;
  else counts.update(pid, 1n);
});
// #endregion
