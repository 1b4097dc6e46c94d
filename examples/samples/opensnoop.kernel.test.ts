import assert from "node:assert/strict";
import { closeSync, constants, openSync, readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { load } from "ts-ebpf";
import { needs } from "ts-ebpf/testing";
import { events, onOpen, onOpened, starts, targetPid } from "./opensnoop.ts";

const { O_CLOEXEC, O_RDONLY } = { O_CLOEXEC: 0o2_000_000, ...constants };

describe("opensnoop", needs("root", "bpf", "btf", "ringbuf", "tracefs"), () => {
  it("tells what was opened and how it went", async () => {
    targetPid.value = process.pid;
    await using tracer = await load({ starts, events, onOpen, onOpened });
    tracer.attach();
    const descriptor = openSync("/proc/self/comm", "r");
    closeSync(descriptor);
    assert.throws(() => openSync("/nowhere/at/all", "r"), { code: "ENOENT" });
    tracer.detach();
    const opened = new Map([...tracer.events.drain()].map((event) => [event.file, event]));
    const comm = readFileSync("/proc/self/comm", "utf8").trim();
    const expected = { pid: process.pid, flags: O_RDONLY | O_CLOEXEC, comm };
    const check = (file: string, result: number): void =>
      assert.deepEqual(opened.get(file), { ...expected, result, file });
    check("/proc/self/comm", descriptor);
    check("/nowhere/at/all", -2);
    assert.deepEqual([...tracer.starts], []);
  });
});
