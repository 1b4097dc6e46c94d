import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { attachUprobe, load } from "ts-ebpf";
import { needs } from "ts-ebpf/testing";
import * as memleak from "./memleak.ts";

/** Waits for a byte, allocates 10 times, frees 4 of them, says so, and waits for another byte. */
const source = `
  #include <stdlib.h>
  #include <unistd.h>
  int main(void) {
    char byte;
    void *all[10];
    read(0, &byte, 1);
    for (int i = 0; i < 10; i++) all[i] = malloc(100 + i);
    for (int i = 0; i < 4; i++) free(all[i]);
    write(1, "x", 1);
    return read(0, &byte, 1) < 0;
  }`;

describe("memleak", needs("root", "bpf", "btf", "uprobe", "clang"), () => {
  const folder = mkdtempSync(join(tmpdir(), "ts-ebpf-sample-"));
  const path = join(folder, "leaking");
  const compile = ["-O1", "-fno-builtin", "-static", "-x", "c", "-", "-o", path];

  it("tells what a process has not freed", async () => {
    using cleanup = new DisposableStack();
    cleanup.defer(() => rmSync(folder, { recursive: true }));
    execFileSync("clang", compile, { input: source });
    const leaking = spawn(path, { stdio: ["pipe", "pipe", "inherit"] });
    const exited = once(leaking, "exit");
    memleak.targetPid.value = leaking.pid!;
    const { asked, allocations, outstanding, stacks, onMalloc, onMallocReturn, onFree } = memleak;
    const maps = { asked, allocations, outstanding, stacks };
    await using tracer = await load({ ...maps, onMalloc, onMallocReturn, onFree });
    const place = { path, offset: 0, pid: leaking.pid };
    const malloc = { ...place, symbol: "malloc" };
    cleanup.use(attachUprobe(tracer.onMalloc, { ...malloc, kind: "uprobe" }));
    cleanup.use(attachUprobe(tracer.onMallocReturn, { ...malloc, kind: "uretprobe" }));
    cleanup.use(attachUprobe(tracer.onFree, { ...place, symbol: "free", kind: "uprobe" }));
    leaking.stdin.write("x");
    await once(leaking.stdout, "data");

    const sizes = new Set([...tracer.allocations.values()].map(({ bytes }) => bytes));
    assert.deepEqual(sizes, new Set([104n, 105n, 106n, 107n, 108n, 109n]));
    const origins = [...tracer.outstanding].filter(([, { count }]) => count > 0n);
    assert.equal(origins.length, 1, "all are allocated in one place");
    const [{ pid, stack }, total] = origins[0]!;
    assert.equal(pid, leaking.pid);
    assert.deepEqual(total, { bytes: 639n, count: 6n });
    assert.ok(tracer.stacks.get(stack)!.length > 0);
    assert.deepEqual([...tracer.asked], []);
    leaking.stdin.end("x");
    await exited;
  });
});
