/**
 * How long tasks wait for a CPU: a histogram of the time between being woken (or displaced) and running.
 *
 * Shows one function as two programs, and counting by powers of two.
 * @module
 */
import { arrayMap, atomic, bpf, config, hashMap, s32, tpBtf, u32, u64 } from "ts-ebpf";
import type { KernelType } from "ts-ebpf/types";

/** When tasks began to wait, by thread. */
export const waiting = hashMap("waiting", s32, u64, 10_240);

/** How many waited 0 µs, 1 µs, 2 to 3 µs, 4 to 7 µs… */
export const histogram = arrayMap("histogram", u64, 33);

/** Only threads of this process; 0: everybody's. */
export const targetPid = config("target_pid", s32, 0);

function onRunnable(task: KernelType<"task_struct">): void {
  "use bpf";
  if (targetPid.value !== 0 && task.tgid !== targetPid.value) return;
  waiting.update(task.pid, bpf.ktimeGetNs());
}

export const onWakeup = tpBtf("sched_wakeup", onRunnable);
export const onWakeupNew = tpBtf("sched_wakeup_new", onRunnable);

export const onSwitch = tpBtf("sched_switch", (_preempt, previous, next) => {
  "use bpf";
  const now = bpf.ktimeGetNs();
  // Whoever could go on running waits from now on.
  const displaced = previous.__state === 0;
  if (displaced && (targetPid.value === 0 || previous.tgid === targetPid.value)) {
    waiting.update(previous.pid, now);
  }
  const since = waiting.lookup(next.pid);
  if (!since) return;
  const micros = u32((now - since.value) / 1000n);
  const slot = histogram.lookup(32 - Math.clz32(micros));
  if (slot) atomic(slot).value += 1n;
  waiting.delete(next.pid);
});
