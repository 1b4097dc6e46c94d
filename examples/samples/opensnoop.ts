/**
 * Who opens what: an event for every call of openat, with the file as it was named and how it went.
 *
 * Shows two tracepoints that share a map: what the first sees is kept by thread until the second knows the result.
 * @module
 */
import { bpf, chars, config, hashMap, ringbuf, s32, struct, tracepoint, u32, u64 } from "ts-ebpf";

const Start = struct("start", { file: u64, flags: u32 });
const Open = struct("open", {
  pid: u32,
  flags: u32,
  /** The descriptor, or a negated errno. */
  result: s32,
  comm: chars(16),
  file: chars(256),
});

export const starts = hashMap("starts", u64, Start, 10_240);
export const events = ringbuf("events", Open, 1 << 18);

/** Only this process; 0: everybody. */
export const targetPid = config("target_pid", u32, 0);

export const onOpen = tracepoint("syscalls/sys_enter_openat", (call) => {
  "use bpf";
  const id = bpf.getCurrentPidTgid();
  if (targetPid.value !== 0 && u32(id >> 32n) !== targetPid.value) return;
  starts.update(id, Start({ file: call.args[1], flags: u32(call.args[2]) }));
});

export const onOpened = tracepoint("syscalls/sys_exit_openat", (call) => {
  "use bpf";
  const id = bpf.getCurrentPidTgid();
  const start = starts.lookup(id);
  if (!start) return;
  const e = events.reserve();
  if (e) {
    e.pid = u32(id >> 32n);
    e.flags = start.flags;
    e.result = s32(call.ret);
    e.comm = bpf.getCurrentComm();
    e.file = bpf.probeReadUserStr(start.file);
    events.submit(e);
  }
  starts.delete(id);
});
