import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { describe, it } from "node:test";
import { load } from "ts-ebpf";
import { needs } from "ts-ebpf/testing";
import * as objects from "./kernel-objects.ts";

describe("objects of the kernel", needs("root", "bpf", "btf"), () => {
  it("are followed over pointers", async () => {
    const { target, seen, onExit } = objects;
    target.value = process.pid;
    await using loaded = await load({ target, seen, onExit });
    loaded.attach();
    spawnSync("/bin/true");
    loaded.detach();
    const { parent, cgroup, loginUser, comm } = loaded.seen.value;
    assert.equal(parent, process.pid);
    assert.equal(comm, "true");
    assert.ok(cgroup > 0n);
    assert.equal(loginUser, Number(readFileSync("/proc/self/loginuid", "utf8")));
  });

  it("have states by name", async () => {
    const { established, onState } = objects;
    await using loaded = await load({ established, onState });
    loaded.attach();
    const server = createServer((socket) => socket.end()).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const deadline = Date.now() + 60_000;
    // Both ends of a connection; one that is counted while others are may be lost.
    while (loaded.established.value < 2n) {
      assert.ok(Date.now() < deadline, `${loaded.established.value} were established`);
      await once(connect(port, "127.0.0.1"), "close");
    }
    server.close();
  });
});

describe("memory of processes", needs("root", "bpf", "btf", "tracefs"), () => {
  it("is copied", async () => {
    const { target, lastFile, onOpen } = objects;
    target.value = process.pid;
    await using loaded = await load({ target, lastFile, onOpen });
    loaded.attach();
    readFileSync("/proc/self/comm");
    loaded.detach();
    assert.equal(loaded.lastFile.value, "/proc/self/comm");
  });
});
