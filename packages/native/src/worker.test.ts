import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { loadBridge } from "./load.ts";
import { ScratchFile } from "./testing/memory.ts";

// Everything there is, alive: a poll that is called all the time, a ring, mapped and prepared memory, descriptors.
const body = `
  const { parentPort, workerData } = require("node:worker_threads");
  const at = (path) => import(workerData.folder + path);
  (async () => {
    const { loadBridge } = await at("load.ts");
    const { UnixSocket } = await at("testing/unix-socket.ts");
    const { pageSize } = await at("testing/memory.ts");
    const bridge = loadBridge();
    const socket = new UnixSocket();
    const kept = [socket];
    bridge.duplicate(workerData.fd);
    bridge.duplicate(workerData.fd);
    bridge.close(bridge.duplicate(workerData.fd));
    let calls = 0;
    const poll = bridge.pollStart(socket.fd, () => {
      if (++calls === 3) parentPort.postMessage("running");
      if (calls > 3 && workerData.end === "throw") throw new Error("from the callback");
      if (calls > 3 && workerData.end === "exit") process.exit(7);
    });
    socket.send(new Uint8Array(1));
    const memory = bridge.map(workerData.fd, 4096, 3, 1, 0);
    kept.push(poll, memory, new Uint8Array(memory));
    kept.push(bridge.userRingOpen(workerData.fd, pageSize()));
    const attr = new Uint8Array(32);
    const prepared = bridge.prepare(64, [{ command: 1, attr, pointers: [8, 0] }]);
    kept.push(prepared);
    prepared.calls[0]();
    if (workerData.end === "stop") {
      bridge.pollStop(poll);
      parentPort.postMessage("running");
    }
    globalThis.kept = kept;
  })();
`;

type End = "terminate" | "exit" | "throw" | "stop";

function startWorker(fd: number, end: End): Worker {
  const folder = new URL(".", import.meta.url).href;
  return new Worker(body, { eval: true, workerData: { folder, fd, end } });
}

async function check(end: End, exitCode: number): Promise<void> {
  using file = new ScratchFile(1 << 20);
  const worker = startWorker(file.fd, end);
  const errors: unknown[] = [];
  worker.on("error", (error) => errors.push(error));
  const { promise: exited, resolve } = Promise.withResolvers<number>();
  worker.on("exit", resolve);
  if (end === "terminate") {
    await once(worker, "message");
    await worker.terminate();
  }
  assert.equal(await exited, exitCode);
  assert.deepEqual(errors.map(String), end === "throw" ? ["Error: from the callback"] : []);
  assert.equal(file.mappings(), 0);
  assert.equal(file.descriptors(), 1);
}

describe("a worker", () => {
  it("can be terminated with everything in use", () => check("terminate", 1));
  it("can exit inside a callback", () => check("exit", 7));
  it("ends when a callback throws", () => check("throw", 1));
  it("ends by itself when nothing is watched any more", () => check("stop", 0));

  it("can be one of several, beside the main thread", async () => {
    using file = new ScratchFile(1 << 20);
    const workers = Array.from({ length: 4 }, () => startWorker(file.fd, "terminate"));
    await Promise.all(workers.map((worker) => once(worker, "message")));
    assert.equal(file.mappings(), 4 * 3);
    assert.equal(file.descriptors(), 1 + 4 * 2);
    assert.equal(loadBridge().duplicate(-1), -9);
    await Promise.all(workers.map((worker) => worker.terminate()));
    assert.equal(file.mappings(), 0);
    assert.equal(file.descriptors(), 1);
  });

  it("closes nothing of others when it ends", async () => {
    using file = new ScratchFile(1 << 20);
    const worker = startWorker(file.fd, "terminate");
    await once(worker, "message");
    // Among these are the numbers that the worker has had and closed.
    const opened = Array.from({ length: 8 }, () => loadBridge().duplicate(file.fd));
    assert.equal(file.descriptors(), 1 + 2 + opened.length);
    await worker.terminate();
    assert.equal(file.descriptors(), 1 + opened.length);
    for (const fd of opened) assert.equal(loadBridge().close(fd), 0);
    assert.equal(file.descriptors(), 1);
  });
});
