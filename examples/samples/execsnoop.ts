/**
 * Who executes what: an event for every program that starts, with its parent, user, control group and file.
 *
 * Shows a BTF tracepoint, whose arguments are kernel objects that are followed like any other, and a ring buffer.
 * @module
 */
import { bpf, chars, config, ringbuf, struct, tpBtf, u32, u64 } from "ts-ebpf";

const Exec = struct("exec", {
  ts: u64,
  cgroup: u64,
  pid: u32,
  ppid: u32,
  uid: u32,
  comm: chars(16),
  file: chars(128),
});

export const events = ringbuf("events", Exec, 1 << 18);

/** Only children of this process; 0: everybody. */
export const parent = config("parent", u32, 0);

export const onExec = tpBtf("sched_process_exec", (task, _oldPid, bprm) => {
  "use bpf";
  const ppid = u32(task.real_parent.tgid);
  if (parent.value !== 0 && ppid !== parent.value) return;
  const e = events.reserve();
  if (!e) return;
  e.ts = bpf.ktimeGetNs();
  e.cgroup = task.cgroups.dfl_cgrp.kn.id;
  e.pid = task.tgid;
  e.ppid = ppid;
  e.uid = task.cred.uid.val;
  e.comm = task.comm;
  e.file = bpf.probeReadKernelStr(bprm.filename);
  events.submit(e);
});
