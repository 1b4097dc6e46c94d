import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { IteratorLink, load } from "ts-ebpf";
import { needs } from "ts-ebpf/testing";
import { listProcesses } from "./task-iterator.ts";

describe("task-iterator", needs("root", "bpf", "btf"), () => {
  it("lists processes", async () => {
    await using lister = await load({ listProcesses });
    lister.attach();
    const link = lister.links.get("listProcesses");
    assert.ok(link instanceof IteratorLink);
    const lines = link.text().trimEnd().split("\n");
    const comm = readFileSync("/proc/self/comm", "utf8").trim();
    const own = lines.filter((line) => line.startsWith(`${process.pid} `));
    assert.deepEqual(own, [`${process.pid} ${process.ppid} ${comm}`]);
    for (const line of lines) assert.match(line, /^\d+ \d+ ./);
    // Threads are left out: this process has several.
    const pids = lines.map((line) => line.split(" ")[0]);
    assert.equal(new Set(pids).size, pids.length);
  });
});
