/**
 * Lists processes as `ps` does, from inside of the kernel: a program that runs once for each task and writes a line.
 *
 * The lines are what reading the link gives: `link.text()`, or `cat` of the file it is pinned to.
 * @module
 */
import { iter, seqPrint } from "ts-ebpf";

export const listProcesses = iter("task", ({ meta, task }) => {
  "use bpf";
  // The last call comes without a task. Threads beside the first one of a process are left out.
  if (!task || task.pid !== task.tgid) return;
  seqPrint(meta.seq)`${task.tgid} ${task.real_parent.tgid} ${task.comm}\n`;
});
