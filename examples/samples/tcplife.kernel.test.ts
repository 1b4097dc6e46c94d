import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { describe, it } from "node:test";
import { setImmediate } from "node:timers/promises";
import { formatIpv4, load } from "ts-ebpf";
import { needs } from "ts-ebpf/testing";
import { births, onState, port, sessions } from "./tcplife.ts";
import { nextEvents } from "./testing-events.ts";

const [request, answer] = [Buffer.alloc(1000), Buffer.alloc(50_000)];

/** Both ends' view of the bytes: the marks of beginning and end take a number each. */
function assertBytes(counted: bigint, expected: number): void {
  const beside = Number(counted) - expected;
  assert.ok(beside >= 0 && beside <= 2, `${counted} bytes instead of ${expected}`);
}

describe("tcplife", needs("root", "bpf", "btf", "ringbuf"), () => {
  it("tells of both ends how long they lived and what they sent", async () => {
    await using server = createServer((socket) => {
      socket.once("data", () => socket.end(answer));
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    port.value = (server.address() as AddressInfo).port;
    await using tracer = await load({ births, sessions, onState });
    tracer.attach();

    const before = process.hrtime.bigint();
    const socket = connect(port.value, "127.0.0.1");
    socket.write(request);
    socket.resume();
    await once(socket, "close");
    const ends = await nextEvents(tracer.sessions, 2);
    const elapsed = process.hrtime.bigint() - before;

    const client = ends.find(({ dport }) => dport === port.value);
    const accepted = ends.find(({ sport }) => sport === port.value);
    assert.ok(client !== undefined && accepted !== undefined);
    assert.deepEqual([client.pid, accepted.pid], [process.pid, 0]);
    assert.notEqual(client.comm, "");
    assert.equal(client.sport, accepted.dport);
    assertBytes(client.sent, request.length);
    assertBytes(client.received, answer.length);
    assertBytes(accepted.sent, answer.length);
    assertBytes(accepted.received, request.length);
    for (const { durationNs, saddr, daddr } of ends) {
      assert.ok(durationNs > 0n && durationNs < elapsed);
      assert.deepEqual([saddr, daddr].map(formatIpv4), ["127.0.0.1", "127.0.0.1"]);
    }
    // A program forgets a connection after it has told of its end.
    const deadline = Date.now() + 60_000;
    while ([...tracer.births].length > 0) {
      assert.ok(Date.now() < deadline, "a connection is not forgotten");
      await setImmediate();
    }
  });
});
