import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { load } from "ts-ebpf";
import { needs } from "ts-ebpf/testing";
import { onEnter, onExit, running, targetPid, usages } from "./syscount.ts";

/** Number of getrusage. */
const getrusage = process.arch === "x64" ? 98 : 165;

describe("syscount", needs("root", "bpf"), () => {
  it("counts the calls of a process and their time", async () => {
    targetPid.value = process.pid;
    await using tracer = await load({ running, usages, onEnter, onExit });
    tracer.attach();
    const before = process.hrtime.bigint();
    for (let times = 0; times < 50; times++) process.resourceUsage();
    const elapsed = process.hrtime.bigint() - before;
    tracer.detach();
    const usage = tracer.usages.get(getrusage);
    assert.ok(usage);
    assert.equal(usage.count, 50n);
    assert.ok(usage.totalNs > 0n && usage.totalNs < elapsed, `${usage.totalNs} of ${elapsed} ns`);
  });
});
