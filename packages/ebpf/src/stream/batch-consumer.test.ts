import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ClosedError, InvalidArgumentError } from "../base/errors.ts";
import { u64 } from "../layout/integer.ts";
import { encodeValue } from "../layout/value.ts";
import { settle } from "./testing-clock.ts";
import { testRing } from "./testing-ring.ts";

const bytesOf = (number: bigint): Uint8Array => encodeValue(u64, number);

/** Lets the event loop run what was put off for its next turn. */
async function nextTurn(): Promise<void> {
  await new Promise((resolve) => void setImmediate(resolve));
  await settle();
}

describe("BatchConsumer", () => {
  it("is over for good when it is closed, and goes on after it was only stopped", async () => {
    const { ring, write } = testRing(u64);
    const found: bigint[] = [];
    const consumer = ring.consume(({ event }) => found.push(event));
    write(bytesOf(1n));
    consumer.stop();
    write(bytesOf(2n));
    assert.deepEqual(found, [1n]);
    consumer.start();
    await nextTurn();
    assert.deepEqual(found, [1n, 2n]);
    consumer.close();
    consumer.close();
    assert.throws(() => consumer.start(), ClosedError);
    write(bytesOf(3n));
    await nextTurn();
    assert.deepEqual([found.length, consumer.running], [2, false]);
  });

  it("is closed by its signal, also by one that was given before", async () => {
    const { ring, write } = testRing(u64);
    const stop = new AbortController();
    const consumer = ring.consume(() => assert.fail("nobody reads"), { signal: stop.signal });
    stop.abort();
    write(bytesOf(1n));
    assert.throws(() => consumer.start(), ClosedError);
    const late = ring.consume(() => assert.fail("nobody reads"), { signal: stop.signal });
    assert.equal(late.running, false);
    assert.throws(() => late.start(), ClosedError);
    await nextTurn();
    assert.equal(ring.statistics().pendingBytes, 16);
  });

  it("listens to no signal when it cannot start", () => {
    const { ring } = testRing(u64);
    ring.close();
    let listeners = 0;
    const signal = {
      aborted: false,
      addEventListener: () => void (listeners += 1),
    } as unknown as AbortSignal;
    assert.throws(() => ring.consume(() => {}, { signal }), ClosedError);
    assert.equal(listeners, 0);
  });
});

describe("reading a ring", () => {
  it("is refused with limits and times that cannot be meant, and loses nothing", async () => {
    const { ring, write } = testRing(u64);
    write(bytesOf(1n));
    for (const options of [{ limit: Number.NaN }, { limit: -1 }, { timeoutMs: Number.NaN }])
      await assert.rejects(ring.read(options).next(), InvalidArgumentError);
    assert.throws(() => ring.drain(1.5).next(), InvalidArgumentError);
    assert.throws(() => ring.peek(Number.NaN), InvalidArgumentError);
    assert.equal(ring.waiting.size, 0);
    assert.deepEqual([...ring.drain()], [1n]);
  });
});
