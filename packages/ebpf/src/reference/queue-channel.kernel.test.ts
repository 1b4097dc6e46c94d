import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { mov } from "../asm/alu.ts";
import { assemble, label } from "../asm/assemble.ts";
import { call, exit } from "../asm/call.ts";
import { jne } from "../asm/jump.ts";
import { st } from "../asm/memory.ts";
import { at } from "../asm/place.ts";
import { r0, r10 } from "../isa/register.ts";
import { u32 } from "../layout/integer.ts";
import { createMap } from "../map/create.ts";
import { loadProgram } from "../program/load.ts";
import { program } from "../spec/program.ts";
import { queueMap, stackMap } from "../spec/queue-map.ts";
import { collect } from "../stream/testing-collect.ts";
import { emitNumbers, loadNumbers } from "../stream/testing-numbers.ts";
import { kernelUnderTest } from "../testing/kernel-under-test.ts";
import { needs } from "../testing/needs.ts";
import { latestEvent } from "./latest-event.ts";
import { queueChannel } from "./queue-channel.ts";

const usable = needs("root", "bpf");
const kernel = kernelUnderTest();

/** Long enough for whoever is slow. */
const timeoutMs = 60_000;
const packet = { data: new Uint8Array(64) };

describe("queueChannel", usable, () => {
  it("talks with a program", async () => {
    const [questions, answers] = [queueMap("questions", u32, 2), queueMap("answers", u32, 8)];
    using outbox = createMap(kernel, questions);
    using inbox = createMap(kernel, answers);
    const forward = assemble([
      st("u32", r10, -4, 0),
      call("map_pop_elem", questions, at(r10, -4)),
      jne(r0, 0, "out"),
      call("map_push_elem", answers, at(r10, -4), 0),
      label("out"),
      mov(r0, 0),
      exit(),
    ]);
    const maps = new Map([
      ["questions", outbox.handle],
      ["answers", inbox.handle],
    ]);
    using forwarding = loadProgram(kernel, program("xdp", forward), maps);
    using channel = queueChannel({ inbox, outbox }, { intervalMs: 1 });
    const pushed = [1, 2, 3, 4].map((number) => channel.push(number, { timeoutMs }));
    const reading = collect(channel.read({ limit: 4, timeoutMs }));
    const running = setInterval(() => void forwarding.run(packet), 1);
    try {
      assert.deepEqual(await reading, [1, 2, 3, 4]);
      assert.deepEqual(await Promise.all(pushed), [true, true, true, true]);
    } finally {
      clearInterval(running);
    }
    assert.equal(channel.peek(), undefined);
    assert.equal(await channel.pop({ timeoutMs: 1 }), undefined);
  });

  it("takes the newest of a stack first, and waits for room", async () => {
    using undo = createMap(kernel, stackMap("undo", u32, 2));
    using channel = queueChannel(undo, { intervalMs: 1 });
    for (const number of [1, 2]) await channel.push(number);
    assert.equal(await channel.push(3, { timeoutMs: 1 }), false);
    const third = channel.push(3, { timeoutMs });
    assert.equal(await channel.pop(), 2);
    assert.equal(await third, true);
    assert.deepEqual(await collect(channel.read({ limit: 2 })), [3, 1]);
  });
});

describe("latestEvent", needs("root", "bpf", "ringbuf"), () => {
  it("is the last event that came, and waits for the next", async () => {
    using ring = loadNumbers(kernel);
    using latest = latestEvent(ring.events);
    assert.equal(latest.get(), undefined);
    emitNumbers(ring, 0, 5);
    assert.equal((await latest.next({ timeoutMs }))?.number, 4n);
    assert.deepEqual([latest.count, latest.skipped, latest.errors], [5, 4, 0]);
    const next = latest.next({ timeoutMs });
    emitNumbers(ring, 5, 6);
    assert.equal((await next)?.number, 5n);
    assert.equal(latest.get()?.number, 5n);
    assert.equal(await latest.next({ timeoutMs: 1 }), undefined);
  });

  it("ends with the ring, with its signal, and by itself; then events stay in the ring", async () => {
    using ring = loadNumbers(kernel);
    const latest = latestEvent(ring.events);
    const closed = latest.next({ timeoutMs });
    latest.close();
    assert.equal(await closed, undefined);
    assert.throws(() => latest.get(), { code: "CLOSED" });
    const stop = new AbortController();
    using stopping = latestEvent(ring.events, { signal: stop.signal });
    const stopped = stopping.next({ timeoutMs });
    stop.abort();
    assert.equal(await stopped, undefined);
    emitNumbers(ring, 0, 1);
    assert.equal([...ring.events.drain()].length, 1);
    using last = latestEvent(ring.events);
    const ended = last.next({ timeoutMs });
    ring.close();
    assert.equal(await ended, undefined);
  });
});
