/**
 * Prints the next five programs that anybody executes on this machine: a kernel program, a ring buffer, a loop.
 * @module
 */
import { chars, load, lossCounter, ringbuf, struct, tpBtf, u32 } from "ts-ebpf";
import { assemble, at, currentComm, currentTgid, exit, fieldAt, fieldOf } from "ts-ebpf/asm";
import { mov, r0, r10, r6, r7, reserveOrCount, storeField, submitRecord } from "ts-ebpf/asm";

// #region example
const Exec = struct("exec", { pid: u32, comm: chars(16) });
const lost = lossCounter("lost");
const events = ringbuf("events", Exec, { sizeBytes: 1 << 16, lossCounter: lost });

const onExec = tpBtf(
  "sched_process_exec",
  assemble(
    reserveOrCount({ ring: events, size: Exec.size, lost: { map: lost, key: at(r10, -4) } }),
    [mov(r6, r0), currentTgid(r7), storeField(r6, Exec, "pid", r7)],
    currentComm(fieldAt(r6, fieldOf(Exec, "comm"))),
    [submitRecord(r6), mov(r0, 0), exit()],
  ),
);

await using tracer = await load({ events, onExec });
tracer.attach();
for await (const { pid, comm } of tracer.events.read({ limit: 5 })) console.log(pid, comm);
// #endregion
