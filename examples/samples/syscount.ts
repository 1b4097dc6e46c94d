/**
 * Which system calls take the time: how often each was made, and how long all of them took together.
 *
 * Shows raw tracepoints, which are the cheapest there are, and counters that several CPUs add to.
 * @module
 */
import { atomic, bpf, config, hashMap, rawTracepoint, struct, u32, u64 } from "ts-ebpf";

const Call = struct("call", { atNs: u64, number: u32 });
const Usage = struct("usage", { count: u64, totalNs: u64 });

/** Calls that have not returned, by thread. */
export const running = hashMap("running", u32, Call, 10_240);
/** By number of the call. */
export const usages = hashMap("usages", u32, Usage, 1024);

/** Only this process; 0: everybody. */
export const targetPid = config("target_pid", u32, 0);

export const onEnter = rawTracepoint("sys_enter", ({ args }) => {
  "use bpf";
  const id = bpf.getCurrentPidTgid();
  if (targetPid.value !== 0 && u32(id >> 32n) !== targetPid.value) return;
  running.update(u32(id), Call({ atNs: bpf.ktimeGetNs(), number: u32(args[1]!) }));
});

export const onExit = rawTracepoint("sys_exit", () => {
  "use bpf";
  const thread = u32(bpf.getCurrentPidTgid());
  const call = running.lookup(thread);
  if (!call) return;
  const elapsed = bpf.ktimeGetNs() - call.atNs;
  const usage = usages.lookup(call.number);
  if (usage) {
    atomic(usage).count += 1n;
    atomic(usage).totalNs += elapsed;
  } else {
    usages.update(call.number, Usage({ count: 1n, totalNs: elapsed }));
  }
  running.delete(thread);
});
