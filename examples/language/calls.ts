/**
 * Calls: helpers, functions of the kernel, lines for the trace pipe.
 * @module
 */
import { bpf, chars, config, global, kfunc, printk, rawTracepoint } from "ts-ebpf";
import { s32, struct, tpBtf, u32, u64 } from "ts-ebpf";

export const target = config("target", s32, 0);

// #region helpers
const Caller = struct("caller", { pid: u32, thread: u32, user: u32, atNs: u64, comm: chars(16) });
const nobody = { pid: 0, thread: 0, user: 0, atNs: 0n, comm: "" };
export const caller = global("caller", Caller, nobody);

export const onCall = rawTracepoint("sys_enter", () => {
  "use bpf";
  const id = bpf.getCurrentPidTgid();
  if (s32(id >> 32n) !== target.value) return;
  caller.value.pid = u32(id >> 32n);
  caller.value.thread = u32(id);
  caller.value.user = u32(bpf.getCurrentUidGid());
  caller.value.atNs = bpf.ktimeGetNs();
  caller.value.comm = bpf.getCurrentComm();
});
// #endregion

// #region kfuncs
export const parent = global("parent", chars(16), "");

export const onExit = tpBtf("sched_process_exit", (task) => {
  "use bpf";
  if (task.real_parent.tgid !== target.value) return;
  const found = kfunc.bpf_task_from_pid(target.value);
  if (!found) return;
  parent.value = found.comm;
  kfunc.bpf_task_release(found);
});
// #endregion

// #region printk
export const onExec = tpBtf("sched_process_exec", (task, oldPid) => {
  "use bpf";
  printk`${task.comm} runs as ${task.tgid}, was ${oldPid}`;
});
// #endregion
