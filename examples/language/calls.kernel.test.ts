import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { load } from "ts-ebpf";
import { needs } from "ts-ebpf/testing";
import * as calls from "./calls.ts";
import { sinceLinux } from "./testing-kernel.ts";

const { target, caller, onCall, parent, onExit, onExec } = calls;

describe("calls", needs("root", "bpf", "btf"), () => {
  it("of helpers tell who runs", async () => {
    target.value = process.pid;
    await using loaded = await load({ target, caller, onCall });
    loaded.attach();
    readFileSync("/proc/self/comm");
    loaded.detach();
    const { pid, user, thread, atNs, comm } = loaded.caller.value;
    assert.deepEqual([pid, user], [process.pid, process.getuid!()]);
    assert.ok(thread > 0 && atNs > 0n && comm !== "");
  });

  it("of kernel functions give objects that are given back", sinceLinux(6, 2), async () => {
    target.value = process.pid;
    await using loaded = await load({ target, parent, onExit });
    loaded.attach();
    spawnSync("/bin/true");
    loaded.detach();
    assert.equal(loaded.parent.value, readFileSync("/proc/self/comm", "utf8").trim());
  });

  it("of printk load with any value", async () => {
    await using loaded = await load({ onExec });
    loaded.attach();
    assert.equal(spawnSync("/bin/true").status, 0);
  });
});
