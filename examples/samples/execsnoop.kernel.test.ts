import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { describe, it } from "node:test";
import { load } from "ts-ebpf";
import { needs } from "ts-ebpf/testing";
import { events, onExec, parent } from "./execsnoop.ts";
import { nextEvents } from "./testing-events.ts";

describe("execsnoop", needs("root", "bpf", "btf", "ringbuf"), () => {
  it("tells who executes what", async () => {
    parent.value = process.pid;
    await using tracer = await load({ events, onExec });
    tracer.attach();
    const child = spawn("/bin/true", { stdio: "ignore" });
    const [event] = await nextEvents(tracer.events, 1);
    const { ts, cgroup, ...rest } = event!;
    const expected = { pid: child.pid, ppid: process.pid, uid: process.getuid!() };
    assert.deepEqual(rest, { ...expected, comm: "true", file: "/bin/true" });
    assert.ok(ts > 0n && ts <= process.hrtime.bigint());
    assert.ok(cgroup > 0n);
  });
});
