import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ClosedError, InvalidArgumentError } from "../base/errors.ts";
import { u32, u64 } from "../layout/integer.ts";
import { transform } from "../layout/transform.ts";
import { encodeValue } from "../layout/value.ts";
import { withBackpressure } from "./backpressure.ts";
import {
  type BackpressureOptions,
  type OverflowPolicy,
  QueueOverflowError,
} from "./backpressure-options.ts";
import { pipeline } from "./pipeline.ts";
import { settle, stopClock } from "./testing-clock.ts";
import { collect } from "./testing-collect.ts";
import { testRing } from "./testing-ring.ts";
import { TestSource } from "./testing-source.ts";

const numbers = (end: number): number[] => Array.from({ length: end }, (_, index) => index);

/** A consumer that has got `events`, of which nobody has read any; the source has ended. */
async function overrun(events: number, options: BackpressureOptions) {
  const source = new TestSource(...numbers(events));
  source.end();
  const consumer = withBackpressure(source, {
    capacity: 4,
    highWater: 0.75,
    lowWater: 0.5,
    ...options,
  });
  await settle();
  return { source, consumer };
}

describe("withBackpressure", () => {
  const check = async (policy: OverflowPolicy, kept: number[], dropped: object) => {
    const { consumer } = await overrun(9, { policy, sampleEvery: 3 });
    const { dropped: found, health, peakDepth, depth } = consumer.statistics();
    const none = { newest: 0, oldest: 0, sampled: 0 };
    assert.deepEqual(found, { ...none, ...dropped });
    assert.deepEqual([health, peakDepth, depth], ["overloaded", 4, 4]);
    assert.deepEqual(await collect(consumer), kept);
    assert.equal(consumer.health, "ok");
    assert.equal(consumer.statistics().delivered, kept.length);
    return consumer.statistics();
  };

  it("drops the newest", async () => {
    await check("drop-newest", [0, 1, 2, 3], { newest: 5 });
  });

  it("drops the oldest", async () => {
    await check("drop-oldest", [5, 6, 7, 8], { oldest: 5 });
  });

  it("samples from the high mark on", async () => {
    // 0, 1 and 2 reach the mark; then 5 is the third, and 8 would be, but then the queue is full.
    await check("sample", [0, 1, 2, 5], { sampled: 4, newest: 1 });
  });

  it("leaves events in the source", async () => {
    const { pauses } = await check("block", numbers(9), {});
    assert.ok(pauses > 0);
  });

  it("takes no more than there is room for, and goes on at the low mark", async () => {
    const { source, consumer } = await overrun(9, { policy: "block" });
    assert.equal(source.left, 5);
    assert.deepEqual(await collect(consumer.read({ limit: 1 })), [0]);
    await settle();
    assert.equal(source.left, 5);
    assert.deepEqual(await collect(consumer.read({ limit: 1 })), [1]);
    await settle();
    assert.deepEqual([source.left, consumer.depth], [3, 4]);
  });

  it("fails behind the events that had room", async () => {
    const { consumer, source } = await overrun(9, { policy: "fail" });
    const found: number[] = [];
    await assert.rejects(
      consumer
        .read()
        .next()
        .then(async ({ value }) => {
          found.push(value as number);
          for await (const number of consumer) found.push(number);
        }),
      (error) => error instanceof QueueOverflowError && error.code === "QUEUE_OVERFLOW",
    );
    assert.deepEqual(found, [0, 1, 2, 3]);
    assert.equal(source.left, 4);
    assert.equal(source.readers, 0);
  });

  it("tells when its health changes", async () => {
    const told: string[] = [];
    const { consumer } = await overrun(4, { onHealth: (health) => told.push(health) });
    await collect(consumer);
    assert.deepEqual(told, ["degraded", "overloaded", "ok"]);
  });

  it("hands on events as they come, to several readers", async () => {
    const source = new TestSource<number>();
    using consumer = withBackpressure(source);
    const first = collect(consumer.read({ limit: 2 }));
    const second = collect(consumer.read({ limit: 2 }));
    for (const number of numbers(4)) {
      source.push(number);
      await settle();
    }
    const found = [...(await first), ...(await second)];
    assert.deepEqual(
      found.toSorted((left, right) => left - right),
      numbers(4),
    );
  });

  it("ends readers at the time-out, the signal, and when it is closed", async () => {
    using clock = stopClock();
    const source = new TestSource<number>();
    const consumer = withBackpressure(source);
    const stop = new AbortController();
    const ending = [
      collect(consumer.read({ timeoutMs: 5 })),
      collect(consumer.read({ signal: stop.signal })),
      collect(consumer),
    ];
    await clock.advance(5);
    stop.abort();
    consumer.close();
    assert.deepEqual(await Promise.all(ending), [[], [], []]);
    await assert.rejects(collect(consumer), ClosedError);
    await settle();
    assert.equal(source.readers, 0);
    source.push(1);
    assert.equal(source.left, 1);
  });

  it("takes no more after its signal, and lets what waits be read", async () => {
    const stop = new AbortController();
    const source = new TestSource(1, 2);
    using consumer = withBackpressure(source, { signal: stop.signal });
    await settle();
    stop.abort();
    source.push(3);
    assert.deepEqual(await collect(consumer), [1, 2]);
    assert.equal(source.left, 1);
  });

  it("throws what the source throws, behind the events before that", async () => {
    const source = new TestSource(1);
    source.push(new RangeError("of the source"));
    using consumer = withBackpressure(source);
    const found: number[] = [];
    await assert.rejects(async () => {
      for await (const number of consumer) found.push(number);
    }, RangeError);
    assert.deepEqual(found, [1]);
  });

  it("counts per second", async () => {
    using clock = stopClock();
    const source = new TestSource<number>();
    using consumer = withBackpressure(source);
    consumer.statistics();
    source.push(...numbers(30));
    await clock.advance(10);
    await collect(consumer.read({ limit: 10 }));
    const { receivedPerSecond, deliveredPerSecond, received, delivered } = consumer.statistics();
    assert.deepEqual([received, delivered], [30, 10]);
    assert.deepEqual([receivedPerSecond, deliveredPerSecond], [3000, 1000]);
    await clock.advance(1);
    assert.equal(consumer.statistics().receivedPerSecond, 0);
  });

  it("is a source of pipelines", async () => {
    const { consumer } = await overrun(3, {});
    const found = await collect(pipeline(consumer).map((number) => -number));
    assert.deepEqual(found, [-0, -1, -2]);
  });

  it("counts records that cannot be decoded, and goes on", async () => {
    const { ring, write } = testRing(u64);
    using consumer = withBackpressure(ring);
    const reading = collect(consumer.read({ limit: 2 }));
    write(encodeValue(u64, 1n), encodeValue(u32, 2), encodeValue(u64, 3n));
    assert.deepEqual(await reading, [1n, 3n]);
    const { received, delivered, errors } = consumer.statistics();
    assert.deepEqual({ received, delivered, errors }, { received: 3, delivered: 2, errors: 1 });
  });

  it("does not decode what it drops for lack of room", async () => {
    const { ring, write } = testRing(u64);
    using consumer = withBackpressure(ring, { capacity: 1, policy: "drop-newest" });
    write(encodeValue(u64, 1n), encodeValue(u32, 2));
    const { dropped, errors } = consumer.statistics();
    assert.deepEqual([dropped.newest, errors], [1, 0]);
  });

  it("stops in the middle of a batch, and starts again from there", async () => {
    const { ring, write } = testRing(u64);
    using consumer = withBackpressure(ring, { capacity: 2 });
    write(...numbers(5).map((number) => encodeValue(u64, BigInt(number))));
    assert.equal(consumer.depth, 2);
    assert.equal(ring.statistics().pendingBytes, 48);
    assert.deepEqual(await collect(consumer.read({ limit: 5 })), [0n, 1n, 2n, 3n, 4n]);
  });

  it("ends with what decoding or the caller's function throws, which never reaches the event loop", async () => {
    const strict = transform(u64, {
      decode: (number) => {
        if (number === 2n) throw new RangeError("two is none");
        return number;
      },
      encode: (number: bigint) => number,
    });
    const { ring, write } = testRing(strict);
    const consumer = withBackpressure(ring);
    write(...[1n, 2n, 3n].map((number) => encodeValue(u64, number)));
    const found: bigint[] = [];
    const reading = (async () => {
      for await (const event of consumer) found.push(event);
    })();
    await assert.rejects(reading, /two is none/);
    assert.deepEqual(found, [1n]);
    assert.equal(ring.waiting.size, 0);

    const other = testRing(u64);
    const onHealth = (): never => {
      throw new RangeError("not well");
    };
    const watched = withBackpressure(other.ring, { capacity: 1, onHealth });
    other.write(encodeValue(u64, 1n));
    await assert.rejects(collect(watched), /not well/);
  });

  it("refuses options that cannot be meant", () => {
    const check = (options: BackpressureOptions, message: RegExp) =>
      assert.throws(
        () => withBackpressure([], options),
        (error) => error instanceof InvalidArgumentError && message.test(error.format()),
      );
    const policy = "drop-newset" as "fail";
    check({ policy }, /the policy of a queue of events is "drop-newset".*\n.*drop-newest/s);
    check({ capacity: 0 }, /the capacity of a queue of events is 0/);
    check({ capacity: 2 ** 31 }, /the capacity of a queue of events is 2147483648/);
    check({ sampleEvery: 0 }, /sampleEvery is 0/);
    check({ highWater: 0.2 }, /water marks 0.5 and 0.2/);
  });
});
