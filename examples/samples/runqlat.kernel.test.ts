import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, it } from "node:test";
import { load } from "ts-ebpf";
import { needs } from "ts-ebpf/testing";
import { histogram, onSwitch, onWakeup, onWakeupNew, targetPid, waiting } from "./runqlat.ts";

describe("runqlat", needs("root", "bpf", "btf"), () => {
  it("counts how long threads waited for a CPU", async () => {
    targetPid.value = process.pid;
    const programs = { onWakeup, onWakeupNew, onSwitch };
    await using tracer = await load({ waiting, histogram, ...programs });
    tracer.attach();
    const counted = (): number => {
      const counts = Array.from(tracer.histogram, ([, count]) => Number(count));
      return counts.reduce((sum, count) => sum + count);
    };
    const deadline = Date.now() + 60_000;
    // This thread sleeps until the child has ended, so it is woken once each time.
    for (let times = 0; times < 10; times++) spawnSync("/bin/true");
    while (counted() < 10) {
      assert.ok(Date.now() < deadline, `only ${counted()} waits were counted`);
      spawnSync("/bin/true");
    }
    tracer.detach();
    const tasks = Array.from(tracer.waiting, ([task]) => task);
    assert.ok(tasks.length < 100, "only threads of this process are followed");
  });
});
