import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { describe, it } from "node:test";
import { formatIpv4, load } from "ts-ebpf";
import { needs } from "ts-ebpf/testing";
import { connections, onState, starts, targetPid } from "./tcp-connect-latency.ts";
import { nextEvents } from "./testing-events.ts";

describe("tcp-connect-latency", needs("root", "bpf", "btf", "ringbuf"), () => {
  it("tells how long connecting took", async () => {
    targetPid.value = process.pid;
    await using tracer = await load({ starts, connections, onState });
    tracer.attach();
    await using server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const before = process.hrtime.bigint();
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    const elapsed = process.hrtime.bigint() - before;
    const { localPort } = socket;
    socket.destroy();

    const [event] = await nextEvents(tracer.connections, 1);
    const { latencyNs, saddr, daddr, ...rest } = event!;
    assert.ok(latencyNs > 0n && latencyNs < elapsed, `${latencyNs} of ${elapsed} ns`);
    assert.deepEqual([saddr, daddr].map(formatIpv4), ["127.0.0.1", "127.0.0.1"]);
    const comm = readFileSync("/proc/self/comm", "utf8").trim();
    assert.deepEqual(rest, { pid: process.pid, sport: localPort, dport: port, comm });
    assert.deepEqual([...tracer.starts], []);
  });

  it("forgets connections that were refused", async () => {
    targetPid.value = process.pid;
    await using tracer = await load({ starts, connections, onState });
    tracer.attach();
    // Nobody listens there: ports below 1024 are not given out.
    await assert.rejects(once(connect(1, "127.0.0.1"), "connect"), { code: "ECONNREFUSED" });
    assert.deepEqual([...tracer.starts], []);
    assert.deepEqual([...tracer.connections.drain()], []);
  });
});
