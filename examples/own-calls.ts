/**
 * Counts the system calls this process makes, by number: a map that a kernel program and TypeScript share.
 * @module
 */
import { readFileSync } from "node:fs";
import { hashMap, load, rawTracepoint, u32, u64 } from "ts-ebpf";
import { assemble, at, currentTgid, exit, jne, label, ldx, mov } from "ts-ebpf/asm";
import { r0, r1, r10, r6, r7, st, stx, countElement, updateElement } from "ts-ebpf/asm";

// #region example
const calls = hashMap("calls", u32, u64, 512);

// The second argument of sys_enter is the number of the call.
const onCall = rawTracepoint(
  "sys_enter",
  assemble(
    ldx("u64", r6, r1, 8),
    [currentTgid(r7), jne(r7, process.pid, "end")],
    [stx("u32", r10, -4, r6), st("u64", r10, -16, 0)],
    updateElement({ map: calls, key: at(r10, -4), value: at(r10, -16), mode: "noexist" }),
    countElement({ map: calls, key: at(r10, -4) }),
    label("end"),
    [mov(r0, 0), exit()],
  ),
);

await using counter = await load({ calls, onCall });
counter.attach();
for (let time = 0; time < 100; time++) readFileSync("/proc/self/comm");
counter.detach();
for (const [number, count] of counter.calls) console.log(`call ${number}: ${count} times`);
// #endregion
