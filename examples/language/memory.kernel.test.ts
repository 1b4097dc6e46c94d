import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { load } from "ts-ebpf";
import { needs } from "ts-ebpf/testing";
import * as memory from "./memory.ts";

describe("memory", needs("root", "bpf", "btf", "ringbuf"), () => {
  it("of map values is changed where it lies", async () => {
    const { usages, onRun, counts, onExit } = memory;
    await using loaded = await load({ usages, onRun, counts, onExit });
    loaded.attach();
    const script = "exec /bin/sh -c 'exec /bin/true'";
    const { pid } = spawnSync("/bin/sh", ["-c", script]);
    loaded.detach();
    const usage = loaded.usages.get(pid)!;
    assert.deepEqual([usage.runs, usage.comm], [3n, "sh"]);
    assert.ok(usage.lastNs > 0n);
    const user = process.getuid!();
    assert.ok((loaded.counts.get({ user, comm: "true" }) ?? 0n) >= 1n);
  });

  it("of events is submitted or given back", async () => {
    const { events, onExec } = memory;
    await using loaded = await load({ events, onExec });
    loaded.attach();
    const left = spawn("/bin/true");
    const sent = spawn("/usr/bin/env", ["true"]);
    const options = { timeoutMs: 60_000 };
    for await (const event of loaded.events.read(options)) {
      assert.notEqual(event.pid, left.pid);
      assert.ok(event.file.startsWith("/usr/"), event.file);
      if (event.pid !== sent.pid || event.file !== "/usr/bin/env") continue;
      assert.deepEqual(event, { ...event, parent: process.pid, comm: "env" });
      return;
    }
    assert.fail("no event of this process came in time");
  });

  it("of variables is shared", async () => {
    const { target, calls, onCall } = memory;
    target.value = process.pid;
    await using loaded = await load({ target, calls, onCall });
    loaded.attach();
    for (let time = 0; time < 10; time++) readFileSync("/proc/self/comm");
    assert.ok(loaded.calls.value >= 10n, `${loaded.calls.value} calls`);
    loaded.calls.value = 0n;
  });

  it("is locked while it is changed", async () => {
    const { extremes, onPacket } = memory;
    await using loaded = await load({ extremes, onPacket });
    for (const length of [70, 90, 60, 80]) loaded.onPacket.run({ data: new Uint8Array(length) });
    assert.deepEqual(loaded.extremes.get(0), { least: 60, most: 90 });
  });
});
