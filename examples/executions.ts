/**
 * Prints the next five programs that anybody executes on this machine: a kernel program, a ring buffer, a loop.
 * @module
 */
import { bpf, chars, load, ringbuf, struct, tpBtf, u32 } from "ts-ebpf";

// #region example
const Exec = struct("exec", { pid: u32, comm: chars(16) });
const events = ringbuf("events", Exec, 1 << 16);

const onExec = tpBtf("sched_process_exec", (task) => {
  "use bpf";
  const e = events.reserve();
  if (!e) return;
  e.pid = task.tgid;
  e.comm = bpf.getCurrentComm();
  events.submit(e);
});

await using tracer = await load({ events, onExec });
tracer.attach();
for await (const { pid, comm } of tracer.events.read({ limit: 5 })) console.log(pid, comm);
// #endregion
