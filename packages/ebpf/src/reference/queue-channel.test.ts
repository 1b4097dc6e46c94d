import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ClosedError, InvalidArgumentError } from "../base/errors.ts";
import { u32, u64 } from "../layout/integer.ts";
import { createMap } from "../map/create.ts";
import type { QueueMap } from "../map/queue-map.ts";
import { queueMap, stackMap } from "../spec/queue-map.ts";
import { settle, stopClock } from "../stream/testing-clock.ts";
import { collect } from "../stream/testing-collect.ts";
import { queueChannel } from "./queue-channel.ts";
import { queueReader } from "./queue-reader.ts";
import { queueWriter } from "./queue-writer.ts";
import { memoryKernel } from "./testing-memory-kernel.ts";

const kernel = memoryKernel();
const queue = (size = 4): QueueMap<number> => createMap(kernel, queueMap("jobs", u32, size));

describe("queueReader", () => {
  it("takes values as they come, those of before first", async () => {
    using clock = stopClock();
    const map = queue();
    map.push(1);
    using reader = queueReader(map);
    const reading = collect(reader.read({ limit: 3 }));
    await clock.advance(15);
    map.push(2);
    map.push(3);
    map.push(4);
    await clock.advance(10);
    assert.deepEqual(await reading, [1, 2, 3]);
    assert.equal(reader.taken, 3);
    assert.equal(reader.peek(), 4);
    assert.equal(await reader.pop(), 4);
    assert.equal(reader.peek(), undefined);
  });

  it("takes the newest value of a stack first", async () => {
    const map = createMap(kernel, stackMap("undo", u32, 4));
    for (const value of [1, 2, 3]) map.push(value);
    using reader = queueReader(map);
    assert.deepEqual(await collect(reader.read({ timeoutMs: 1 })), [3, 2, 1]);
  });

  it("serves those who wait in the order in which they came", async () => {
    using clock = stopClock();
    const map = queue();
    using reader = queueReader(map);
    const first = reader.pop();
    const second = reader.pop({ timeoutMs: 5 });
    const third = reader.pop({ intervalMs: 1 });
    await clock.advance(6);
    assert.equal(await second, undefined);
    map.push(1);
    map.push(2);
    await clock.advance(10);
    assert.deepEqual(await Promise.all([first, third]), [1, 2]);
  });

  it("lets others have their turn while it iterates", async () => {
    const map = queue();
    for (const value of [1, 2, 3]) map.push(value);
    using reader = queueReader(map);
    const found: (number | undefined)[] = [];
    for await (const value of reader) {
      found.push(value, await reader.pop());
      if (found.length >= 2) break;
    }
    assert.deepEqual(found, [1, 2]);
    assert.equal(map.peek(), 3);
  });

  it("ends at the time-out, the signal, and when it or the map is closed", async () => {
    using clock = stopClock();
    const map = queue();
    const reader = queueReader(map);
    const stop = new AbortController();
    const ending = [
      reader.pop({ timeoutMs: 3 }),
      reader.pop({ signal: stop.signal }),
      reader.pop({ signal: AbortSignal.abort() }),
    ];
    const left = reader.pop();
    await clock.advance(3);
    stop.abort();
    assert.deepEqual(await Promise.all(ending), [undefined, undefined, undefined]);
    reader.close();
    assert.equal(await left, undefined);
    await assert.rejects(reader.pop(), ClosedError);
    assert.throws(() => reader.read(), ClosedError);
    assert.throws(() => reader.peek(), ClosedError);

    const another = queueReader(map).pop();
    map.close();
    await clock.advance(10);
    assert.equal(await another, undefined);
  });

  it("gives the event loop its turn, however full the queue", async () => {
    const map = queue(3000);
    for (let value = 0; value < 3000; value++) map.push(value);
    using reader = queueReader(map);
    let turns = 0;
    const count = (): void => void setImmediate(() => (turns++, count));
    count();
    let taken = 0;
    for await (const _ of reader.read({ limit: 3000 })) taken += 1;
    assert.equal(taken, 3000);
    assert.ok(turns > 0);
  });
});

describe("queueWriter", () => {
  it("waits while the queue is full, and keeps the order of the calls", async () => {
    using clock = stopClock();
    const map = queue(2);
    using writer = queueWriter(map);
    const pushes = [1, 2, 3, 4].map((value) => writer.push(value));
    await clock.advance(15);
    assert.deepEqual([writer.pushed, writer.waiting], [2, 2]);
    assert.deepEqual([...map.drain()], [1, 2]);
    await clock.advance(10);
    assert.deepEqual([writer.pushed, writer.waiting], [4, 0]);
    assert.deepEqual(await Promise.all(pushes), [true, true, true, true]);
    assert.deepEqual([...map.drain()], [3, 4]);
  });

  it("says when there was no room in time", async () => {
    using clock = stopClock();
    const map = queue(1);
    const writer = queueWriter(map);
    assert.equal(await writer.push(1), true);
    const stop = new AbortController();
    const late = writer.push(2, { timeoutMs: 4 });
    const stopped = writer.push(3, { signal: stop.signal });
    const left = writer.push(4);
    await clock.advance(4);
    stop.abort();
    assert.deepEqual(await Promise.all([late, stopped]), [false, false]);
    writer.close();
    assert.equal(await left, false);
    await assert.rejects(writer.push(5), ClosedError);
    assert.deepEqual([...map.drain()], [1]);
  });

  it("refuses what is no value of the map, and goes on with others", async () => {
    using writer = queueWriter(queue());
    await assert.rejects(writer.push(-1), InvalidArgumentError);
    assert.equal(await writer.push(1), true);
  });
});

describe("queueChannel", () => {
  it("reads what it writes over one map", async () => {
    using channel = queueChannel(queue());
    await channel.push(1);
    await channel.push(2);
    assert.equal(channel.peek(), 1);
    assert.deepEqual(await collect(channel.read({ limit: 2 })), [1, 2]);
  });

  it("is a conversation over two", async () => {
    const [inbox, outbox] = [createMap(kernel, queueMap("answers", u64, 4)), queue()];
    const channel = queueChannel({ inbox, outbox });
    await channel.push(1);
    inbox.push(10n);
    assert.equal(await channel.pop(), 10n);
    assert.equal(outbox.pop(), 1);
    const waiting = collect(channel);
    await settle();
    channel.close();
    assert.deepEqual(await waiting, []);
    await assert.rejects(channel.push(1), ClosedError);
  });
});
