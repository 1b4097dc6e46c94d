/**
 * Objects of the kernel: following pointers, members that some kernels do not have, memory of processes.
 * @module
 */
import { bpf, chars, config, enumValue, exists, global } from "ts-ebpf";
import { struct, tpBtf, tracepoint, u32, u64 } from "ts-ebpf";

export const target = config("target", u32, 0);

// #region follow
const Seen = struct("seen", { parent: u32, cgroup: u64, loginUser: u32, comm: chars(16) });
export const seen = global("seen", Seen, { parent: 0, cgroup: 0n, loginUser: 0, comm: "" });

export const onExit = tpBtf("sched_process_exit", (task) => {
  "use bpf";
  if (u32(task.real_parent.tgid) !== target.value) return;
  seen.value.parent = task.real_parent.tgid;
  seen.value.cgroup = task.cgroups.dfl_cgrp.kn.id;
  seen.value.comm = task.group_leader.comm;
  if (exists(task.loginuid)) seen.value.loginUser = task.loginuid.val;
});
// #endregion

// #region enumerators
export const established = global("established", u64, 0n);

export const onState = tpBtf("inet_sock_set_state", (_sk, _before, state) => {
  "use bpf";
  if (state === enumValue("TCP_ESTABLISHED")) established.value += 1n;
});
// #endregion

// #region user-memory
export const lastFile = global("last_file", chars(64), "");

export const onOpen = tracepoint("syscalls/sys_enter_openat", (call) => {
  "use bpf";
  if (u32(bpf.getCurrentPidTgid() >> 32n) !== target.value) return;
  lastFile.value = bpf.probeReadUserStr(call.args[1]);
});
// #endregion
