/**
 * How long a function of a program takes: a histogram of the time between its calls and their returns.
 *
 * Shows probes on user space: here on a function of Node.js itself, the one behind `fs.readSync`.
 * @module
 */
import { arrayMap, atomic, bpf, config, hashMap, u32, u64, uprobe, uretprobe } from "ts-ebpf";

/** The function. */
const place = { path: process.execPath, symbol: "uv_fs_read" };

/** When calls began, by process and thread. */
export const calls = hashMap("calls", u64, u64, 10_240);

/** How many calls took 0 ns, 1 ns, 2 to 3 ns, 4 to 7 ns… */
export const histogram = arrayMap("histogram", u64, 33);

/** Only this process; 0: everybody. */
export const targetPid = config("target_pid", u32, 0);

export const onCall = uprobe(place, () => {
  "use bpf";
  const id = bpf.getCurrentPidTgid();
  if (targetPid.value !== 0 && u32(id >> 32n) !== targetPid.value) return;
  calls.update(id, bpf.ktimeGetNs());
});

export const onReturn = uretprobe(place, () => {
  "use bpf";
  const id = bpf.getCurrentPidTgid();
  const since = calls.lookup(id);
  if (!since) return;
  const elapsed = u32(bpf.ktimeGetNs() - since.value);
  const slot = histogram.lookup(32 - Math.clz32(elapsed));
  if (slot) atomic(slot).value += 1n;
  calls.delete(id);
});
