/**
 * The kernel half of `trace exec`: a program that records every execution of a program.
 *
 * It runs on the tracepoint sched_process_exec, when the new program is in place and before its first instruction. The
 * record is built in memory of the CPU's own and copied to the ring buffer with its real length; what finds no room is
 * counted. It is compiled when the command is bundled, and says of the kernel's structs by name what it needs.
 *
 * The tracepoint is the raw one. With a BTF tracepoint the verifier searches the kernel's BTF for every pointer that is
 * followed, and `trace exec` would take milliseconds more to start.
 * @module
 */
import {
  bpf,
  bytes,
  kernel,
  kernelObject,
  lossCounter,
  perCpuArrayMap,
  rawTracepoint,
  readInto,
  readTextInto,
  ringbuf,
  struct,
  u32,
} from "ts-ebpf";
import { argumentBytesMax, ExecHead, fileBytesMax } from "./exec-event.ts";
import { filters, Wanted, wanted, wantedKind } from "./exec-filter.ts";

/** How much the ring buffer holds when nothing else is said. */
export const defaultRingBytes = 1 << 20;

const ExecRecord = struct("exec_record", {
  head: ExecHead,
  /** The path of the file, and right behind it the arguments. */
  text: bytes(fileBytesMax + argumentBytesMax),
});

/** What is read by user space; one is given another size by `resized`. */
export const events = ringbuf("exec_events", ExecHead, {
  sizeBytes: defaultRingBytes,
  lossCounter: lossCounter("exec_lost"),
});

/** Where records are built. */
export const scratch = perCpuArrayMap("exec_scratch", ExecRecord, 1);

/** The program. Minimum kernel 5.8. */
export const onExec = rawTracepoint(
  "sched_process_exec",
  ({ args }) => {
    "use bpf";
    const task = kernelObject(kernel.task_struct, args[0]!);
    const bprm = kernelObject(kernel.linux_binprm, args[2]!);
    const pid = task.tgid;
    const ppid = task.real_parent.tgid;
    const uid = u32(bpf.getCurrentUidGid());
    const { pids, parents, uids, commands } = filters.value;
    if (pids && !wanted.lookup(Wanted({ kind: wantedKind.pid, number: pid }))) return;
    if (parents && !wanted.lookup(Wanted({ kind: wantedKind.parent, number: ppid }))) return;
    if (uids && !wanted.lookup(Wanted({ kind: wantedKind.uid, number: uid }))) return;
    if (commands) {
      const name = bpf.getCurrentComm();
      if (!wanted.lookup(Wanted({ kind: wantedKind.command, name }))) return;
    }

    const record = scratch.lookup(0);
    if (!record) return;
    const { head, text } = record;
    head.timeUs = Number(bpf.ktimeGetNs() / 1000n);
    head.pid = pid;
    head.ppid = ppid;
    head.uid = uid;
    head.command = bpf.getCurrentComm();

    // A path that cannot be read is left out.
    const path = readTextInto(text.subarray(0, fileBytesMax), bprm.filename, "kernel");
    const fileBytes = Math.min(Math.max(path, 0), fileBytesMax);
    head.fileBytes = fileBytes;

    // The arguments, as they lie in the new program's memory.
    const { arg_start: start, arg_end: end } = task.mm;
    const given = Number(end - start);
    head.argumentBytesGiven = given;
    const room = Math.min(Math.max(given, 0), argumentBytesMax);
    const unread = readInto(text.subarray(fileBytes).subarray(0, room), start, "user");
    const argumentBytes = unread === 0 ? room : 0;
    head.argumentBytes = argumentBytes;

    events.outputBytes(record, ExecHead.size + fileBytes + argumentBytes);
  },
  { name: "trace_exec" },
);
