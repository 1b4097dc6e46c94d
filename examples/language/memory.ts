/**
 * Memory: map values, structs on the stack, events, text and variables.
 * @module
 */
import { arrayMap, atomic, bpf, chars, config, global, hashMap, lock, packet } from "ts-ebpf";
import { rawTracepoint, ringbuf, spinLock, struct, tpBtf, u32, u64, xdp } from "ts-ebpf";

const XDP_PASS = 2;

// #region map-values
const Usage = struct("usage", { runs: u64, lastNs: u64, comm: chars(16) });
export const usages = hashMap("usages", u32, Usage, 1024);

export const onRun = tpBtf("sched_process_exec", (task) => {
  "use bpf";
  const pid = u32(task.tgid);
  const usage = usages.lookup(pid);
  if (!usage) {
    usages.update(pid, Usage({ runs: 1n, comm: task.comm }));
    return;
  }
  usage.runs += 1n;
  usage.lastNs = bpf.ktimeGetNs();
});
// #endregion

// #region keys
const Place = struct("place", { user: u32, comm: chars(16) });
export const counts = hashMap("counts", Place, u64, 1024);

export const onExit = tpBtf("sched_process_exit", (task) => {
  "use bpf";
  const place = Place({ user: task.cred.uid.val, comm: task.comm });
  const count = counts.lookup(place);
  if (count) atomic(count).value += 1n;
  else counts.update(place, 1n);
});
// #endregion

// #region events
const Exec = struct("exec", { pid: u32, parent: u32, comm: chars(16), file: chars(64) });
export const events = ringbuf("events", Exec, 1 << 16);

export const onExec = tpBtf("sched_process_exec", (task, _oldPid, bprm) => {
  "use bpf";
  using e = events.reserve();
  if (!e) return;
  e.pid = task.tgid;
  e.parent = task.real_parent.tgid;
  e.comm = task.comm;
  e.file = bpf.probeReadKernelStr(bprm.filename);
  if (!e.file.startsWith("/usr/")) return; // The event is discarded.
  events.submit(e);
});
// #endregion

// #region variables
export const target = config("target", u32, 0);
export const calls = global("calls", u64, 0n);

export const onCall = rawTracepoint("sys_enter", () => {
  "use bpf";
  if (u32(bpf.getCurrentPidTgid() >> 32n) !== target.value) return;
  atomic(calls).value += 1n;
});
// #endregion

// #region locks
const Extremes = struct("extremes", { guard: spinLock, least: u32, most: u32 });
export const extremes = arrayMap("extremes", Extremes, 1);

export const onPacket = xdp((ctx) => {
  "use bpf";
  const { length } = packet(ctx);
  const found = extremes.lookup(0);
  if (!found) return XDP_PASS;
  using _guard = lock(found.guard);
  if (found.least === 0 || length < found.least) found.least = length;
  if (length > found.most) found.most = length;
  return XDP_PASS;
});
// #endregion
