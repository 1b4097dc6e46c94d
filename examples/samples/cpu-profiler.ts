/**
 * What the CPUs are busy with: how often each pair of kernel stack and user stack was seen.
 *
 * Shows samples of a clock, maps of stack traces, and a struct as key.
 * @module
 */
import {
  bpf,
  chars,
  config,
  hashMap,
  perfEvent,
  s32,
  stackTraceMap,
  struct,
  u32,
  u64,
} from "ts-ebpf";

/** BPF_F_USER_STACK of include/uapi/linux/bpf.h. */
const userStack = 256;

const Place = struct("place", {
  pid: u32,
  /** Numbers in {@link stacks}; negated errnos where there is no such stack. */
  kernelStack: s32,
  userStack: s32,
  comm: chars(16),
});

export const stacks = stackTraceMap("stacks", 16_384);
export const samples = hashMap("samples", Place, u64, 40_960);

/** Only this process; 0: everybody. */
export const targetPid = config("target_pid", u32, 0);

export const onSample = perfEvent(
  (ctx) => {
    "use bpf";
    const pid = u32(bpf.getCurrentPidTgid() >> 32n);
    // 0 is the task of a CPU that has nothing to do.
    if (pid === 0 || (targetPid.value !== 0 && pid !== targetPid.value)) return;
    const place = Place({
      pid,
      kernelStack: stacks.getId(ctx),
      userStack: stacks.getId(ctx, userStack),
      comm: bpf.getCurrentComm(),
    });
    const seen = samples.lookup(place);
    if (seen) seen.value += 1n;
    else samples.update(place, 1n);
  },
  { event: "cpu_clock", frequencyHz: 99 },
);
