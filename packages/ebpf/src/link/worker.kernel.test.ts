/**
 * What becomes of what a worker thread holds when somebody else ends it.
 * @module
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, it } from "node:test";
import { Worker } from "node:worker_threads";
import { isNotFound } from "../kernel/errors.ts";
import type { Handle, MapId, ProgramId } from "../kernel/handle.ts";
import { openNativeKernel } from "../sys/native-kernel.ts";
import { needs } from "../testing/needs.ts";
import type { WorkerEnd, WorkerObjects } from "./testing-worker.ts";

const kernel = openNativeKernel();
const deadlineMs = 60_000;

/** Whether the kernel still has all of what is opened here. */
function isThere(open: () => Handle): boolean {
  try {
    open().close();
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

/** Waits for what the kernel does some time after the last hold on an object has ended. */
async function gone(what: string, open: () => Handle): Promise<void> {
  const end = performance.now() + deadlineMs;
  while (isThere(open)) {
    assert.ok(performance.now() < end, `${what} is still there`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const openProgram = (id: number): Handle => kernel.bpf("progGetFdById", { id: id as ProgramId });
const openMap = (id: number): Handle => kernel.bpf("mapGetFdById", { id: id as MapId });

describe("a worker that is terminated", needs("root", "bpf", "tracefs", "ringbuf"), () => {
  const check = async (end: WorkerEnd): Promise<void> => {
    const worker = new Worker(new URL("testing-worker.ts", import.meta.url), { workerData: end });
    const [{ programs, maps }] = (await once(worker, "message")) as [WorkerObjects];
    assert.deepEqual([programs.length, maps.length], [1, 2]);
    for (const id of programs) assert.ok(isThere(() => openProgram(id)));
    for (const id of maps) assert.ok(isThere(() => openMap(id)));
    // Among these are numbers that the worker has had and closed.
    using mine = new DisposableStack();
    const opened = Array.from({ length: 8 }, () => mine.use(kernel.openPath("/proc/self/ns/net")));
    await worker.terminate();
    for (const handle of opened) handle.duplicate().close();
    for (const id of programs) await gone(`program ${id}`, () => openProgram(id));
    for (const id of maps) await gone(`map ${id}`, () => openMap(id));
  };

  it("holds nothing any more, and takes nothing of others along, when it was reading", () =>
    check("reads"));
  it("holds nothing any more when it was running", () => check("runs"));
});
