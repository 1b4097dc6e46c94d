import assert from "node:assert/strict";
import { closeSync, openSync, readSync } from "node:fs";
import { describe, it } from "node:test";
import { load } from "ts-ebpf";
import { needs } from "ts-ebpf/testing";
import { calls, histogram, onCall, onReturn, targetPid } from "./funclatency.ts";

describe("funclatency", needs("root", "bpf", "uprobe"), () => {
  it("counts how long calls of a function took", async () => {
    targetPid.value = process.pid;
    await using tracer = await load({ calls, histogram, onCall, onReturn });
    tracer.attach();
    const zeros = openSync("/dev/zero", "r");
    for (let times = 0; times < 20; times++) readSync(zeros, Buffer.alloc(4096));
    closeSync(zeros);
    tracer.detach();
    const counted = [...tracer.histogram].filter(([, count]) => count > 0n);
    const sum = counted.reduce((total, [, count]) => total + count, 0n);
    assert.equal(sum, 20n);
    // Between 64 ns, which a system call and two probes take anywhere, and the longest that fits.
    for (const [slot] of counted) assert.ok(slot > 6 && slot < 32, `2^${slot} ns`);
    assert.deepEqual([...tracer.calls], []);
  });
});
