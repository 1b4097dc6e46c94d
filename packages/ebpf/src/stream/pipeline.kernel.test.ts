import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { kernelUnderTest } from "../testing/kernel-under-test.ts";
import { needs } from "../testing/needs.ts";
import { withBackpressure } from "./backpressure.ts";
import { type BackpressureOptions, QueueOverflowError } from "./backpressure-options.ts";
import { pipeline } from "./pipeline.ts";
import { collect } from "./testing-collect.ts";
import { emitNumbers, loadNumbers } from "./testing-numbers.ts";

const usable = needs("root", "bpf", "ringbuf");
const kernel = kernelUnderTest();

/** Long enough for whoever is slow. */
const deadlineMs = 60_000;

const upTo = (end: number, start = 0): number[] =>
  Array.from({ length: end - start }, (_, index) => start + index);

describe("pipeline of a ring buffer", usable, () => {
  it("does what its stages say with events as they come", async () => {
    using ring = loadNumbers(kernel);
    emitNumbers(ring, 0, 4);
    const numbers = pipeline(ring.events)
      .map(({ number }) => Number(number))
      .filter((number) => number % 2 === 1)
      .batch(2);
    const reading = collect(numbers.read({ limit: 2, timeoutMs: deadlineMs }));
    setImmediate(() => emitNumbers(ring, 4, 12));
    assert.deepEqual(await reading, [
      [1, 3],
      [5, 7],
    ]);
    assert.equal(ring.events.waiting.size, 0);
    const [source, map, filter] = numbers.statistics();
    assert.equal(source!.out, ring.events.statistics().events);
    assert.deepEqual([map!.out, filter!.out], [source!.out, source!.out / 2]);
    // What was not read is still in the ring.
    const left = [...ring.events.drain()].map(({ number }) => Number(number));
    assert.deepEqual(left, upTo(12, source!.out));
  });

  it("is a web stream that leaves the next event to others when it is cancelled", async () => {
    using ring = loadNumbers(kernel);
    const reader = pipeline(ring.events).stream().getReader();
    const waiting = reader.read();
    await reader.cancel();
    assert.equal((await waiting).done, true);
    assert.equal(ring.events.waiting.size, 0);
    emitNumbers(ring, 0, 1);
    assert.equal([...ring.events.drain()].length, 1);
  });
});

describe("RingBuffer.stream", usable, () => {
  it("leaves the next event to others when it is cancelled while it waits", async () => {
    using ring = loadNumbers(kernel);
    const reader = ring.events.stream().getReader();
    const waiting = reader.read();
    await reader.cancel();
    assert.equal((await waiting).done, true);
    emitNumbers(ring, 0, 2);
    assert.equal([...ring.events.drain()].length, 2);
  });
});

describe("withBackpressure on a ring buffer", usable, () => {
  /** A ring of 100 numbers, all taken as far as the options allow. */
  const flooded = async (options: BackpressureOptions) => {
    const stack = new DisposableStack();
    const ring = stack.use(loadNumbers(kernel));
    const { promise, resolve } = Promise.withResolvers<void>();
    const onHealth = (): void => resolve();
    emitNumbers(ring, 0, 100);
    const settings = { capacity: 10, highWater: 1, onHealth, ...options };
    const consumer = stack.use(withBackpressure(ring.events, settings));
    await promise;
    // The health changes in the middle of a batch; the rest of it comes before the next turn.
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    return { ring, consumer, [Symbol.dispose]: () => stack.dispose() };
  };
  const numbersOf = (events: readonly { number: bigint }[]) =>
    events.map(({ number }) => Number(number));

  it("leaves events in the ring, and goes on when the queue has emptied", async () => {
    using flood = await flooded({ policy: "block" });
    const { consumer, ring } = flood;
    assert.equal(ring.events.statistics().events, 10);
    assert.equal(ring.events.statistics().pendingBytes, 90 * 16);
    assert.equal(consumer.health, "overloaded");
    const reading = consumer.read({ limit: 100, timeoutMs: deadlineMs });
    assert.deepEqual(numbersOf(await collect(reading)), upTo(100));
    assert.equal(consumer.health, "ok");
    assert.ok(consumer.statistics().pauses > 1);
    assert.equal(ring.events.lost(), 0n);
  });

  it("drops the newest or the oldest, or samples", async () => {
    const check = async (options: BackpressureOptions, kept: number[], dropped: object) => {
      using flood = await flooded(options);
      const { consumer } = flood;
      const { received, dropped: found } = consumer.statistics();
      assert.equal(received, 100);
      assert.deepEqual(found, { newest: 0, oldest: 0, sampled: 0, ...dropped });
      const reading = consumer.read({ limit: kept.length, timeoutMs: deadlineMs });
      assert.deepEqual(numbersOf(await collect(reading)), kept);
      assert.equal(consumer.depth, 0);
    };
    await check({ policy: "drop-newest" }, upTo(10), { newest: 90 });
    await check({ policy: "drop-oldest" }, upTo(100, 90), { oldest: 90 });
    // 0 to 7 reach the mark; then 17 and 27 are kept, which fills the queue; of 7 more there would have been room for none.
    const sampling: BackpressureOptions = { policy: "sample", sampleEvery: 10, highWater: 0.8 };
    await check(sampling, [...upTo(8), 17, 27], { sampled: 83, newest: 7 });
  });

  it("fails, and leaves what it did not take in the ring", async () => {
    using flood = await flooded({ policy: "fail" });
    const { consumer, ring } = flood;
    const found: { number: bigint }[] = [];
    await assert.rejects(async () => {
      for await (const event of consumer) found.push(event);
    }, QueueOverflowError);
    assert.deepEqual(numbersOf(found), upTo(10));
    assert.deepEqual(numbersOf([...ring.events.drain()]), upTo(100, 11));
  });

  it("ends its readers when the ring is closed", async () => {
    using ring = loadNumbers(kernel);
    using consumer = withBackpressure(ring.events);
    const reading = collect(consumer.read({ timeoutMs: deadlineMs }));
    setImmediate(() => ring.close());
    assert.deepEqual(await reading, []);
  });

  it("takes no more after its signal", async () => {
    using ring = loadNumbers(kernel);
    const stop = new AbortController();
    using consumer = withBackpressure(ring.events, { signal: stop.signal });
    emitNumbers(ring, 0, 2);
    assert.deepEqual(numbersOf(await collect(consumer.read({ limit: 2 }))), [0, 1]);
    stop.abort();
    emitNumbers(ring, 2, 3);
    assert.deepEqual(await collect(consumer), []);
    assert.deepEqual(numbersOf([...ring.events.drain()]), [2]);
    using late = withBackpressure(ring.events, { signal: stop.signal });
    assert.deepEqual(await collect(late), []);
  });
});
