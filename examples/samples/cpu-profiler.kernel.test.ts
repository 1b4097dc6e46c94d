import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { load } from "ts-ebpf";
import { needs } from "ts-ebpf/testing";
import { onSample, samples, stacks, targetPid } from "./cpu-profiler.ts";

describe("cpu-profiler", needs("root", "bpf", "btf"), () => {
  it("counts the stacks that a process is seen with", async () => {
    targetPid.value = process.pid;
    await using profiler = await load({ stacks, samples, onSample });
    profiler.attach();
    const comm = readFileSync("/proc/self/comm", "utf8").trim();
    /** Of the main thread: the user stacks that it was seen with. */
    const own = (): number[] =>
      Array.from(profiler.samples, ([place]) => place)
        .filter((place) => place.comm === comm && place.userStack >= 0)
        .map((place) => place.userStack);
    const deadline = Date.now() + 60_000;
    while (own().length === 0) assert.ok(Date.now() < deadline, "the main thread was busy");
    profiler.detach();

    for (const [place, count] of profiler.samples) {
      assert.equal(place.pid, process.pid);
      assert.ok(count > 0n);
    }
    for (const userStack of own()) assert.ok(profiler.stacks.get(userStack)!.length > 0);
  });
});
