import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InvalidArgumentError, MalformedError } from "../base/errors.ts";
import { u16, u32, u64 } from "../layout/integer.ts";
import { struct } from "../layout/struct.ts";
import { pipeline } from "./pipeline.ts";
import type { SkippedEvent } from "./pipeline-stage.ts";
import { settle, stopClock } from "./testing-clock.ts";
import { collect } from "./testing-collect.ts";
import { TestSource } from "./testing-source.ts";

const numbers = (end: number): number[] => Array.from({ length: end }, (_, index) => index);

describe("pipeline", () => {
  it("filters, maps and hands on, in order", async () => {
    const found: string[] = [];
    const handled = await pipeline(numbers(6))
      .filter((number) => number % 2 === 0)
      .map((number) => `#${number}`)
      .forEach((text) => found.push(text));
    assert.equal(handled, 3);
    assert.deepEqual(found, ["#0", "#2", "#4"]);
  });

  it("waits for stages that take their time, one event after the other", async () => {
    const order: string[] = [];
    const slow = pipeline(numbers(4))
      .filter(async (number) => (await settle(), number !== 1))
      .map(async (number) => (await settle(), number * 10))
      .map((number) => number + 1);
    for await (const number of slow) order.push(`out ${number}`);
    assert.deepEqual(order, ["out 1", "out 21", "out 31"]);
  });

  it("infers types from stage to stage", async () => {
    type Event = { kind: "open"; path: string } | { kind: "close" };
    const events: Event[] = [{ kind: "open", path: "/a" }, { kind: "close" }];
    const paths: string[] = await collect(
      pipeline(events)
        .filter((event) => event.kind === "open")
        .map(({ path }) => path),
    );
    assert.deepEqual(paths, ["/a"]);
    const lengths: (readonly number[])[] = await collect(
      pipeline(["a", "bc"])
        .map(async (text) => text.length)
        .batch(2),
    );
    assert.deepEqual(lengths, [[1, 2]]);
  });

  it("parses bytes by a layout, and encodes values to them", async () => {
    const Event = struct("event", { id: u64, port: u16 });
    const events = [
      { id: 1n, port: 80 },
      { id: 2n, port: 443 },
    ];
    const bytes = await collect(pipeline(events).encode(Event));
    assert.deepEqual(
      bytes.map(({ length }) => length),
      [16, 16],
    );
    assert.deepEqual(await collect(pipeline(bytes).parse(Event)), events);
    const short = pipeline([bytes[0]!, bytes[0]!.subarray(1)]).parse(Event);
    await assert.rejects(collect(short), MalformedError);
    await assert.rejects(collect(pipeline([70_000]).encode(u16)), InvalidArgumentError);
  });

  it("stops at an error, throws it as it is, and counts it", async () => {
    const error = new RangeError("of the stage");
    const failing = pipeline(numbers(5)).map((number) => {
      if (number === 2) throw error;
      return number;
    });
    const found: number[] = [];
    await assert.rejects(
      failing.forEach((number) => found.push(number)),
      (thrown) => thrown === error,
    );
    assert.deepEqual(found, [0, 1]);
    assert.deepEqual(failing.statistics(), [
      { name: "source", in: 3, out: 3, errors: 0 },
      { name: "map", in: 3, out: 2, errors: 1 },
      { name: "forEach", in: 2, out: 2, errors: 0 },
    ]);
  });

  it("leaves out events on which stages fail, and tells, when told to", async () => {
    const skipped: SkippedEvent[] = [];
    const onSkipped = (event: SkippedEvent) => skipped.push(event);
    const careful = pipeline(numbers(6), { onError: "skip", onSkipped })
      .map(
        (number) => {
          if (number === 1) throw new RangeError("at once");
          return number;
        },
        { name: "check" },
      )
      .filter(async (number) => {
        if (number === 2) throw new RangeError("later");
        return number !== 3;
      });
    const handled = await careful.forEach(async (number) => {
      if (number === 4) throw new RangeError("in the end");
    });
    assert.equal(handled, 2);
    assert.deepEqual(
      skipped.map(({ stage, event, error }) => [stage, event, (error as Error).message]),
      [
        ["check", 1, "at once"],
        ["filter", 2, "later"],
        ["forEach", 4, "in the end"],
      ],
    );
    assert.deepEqual(careful.statistics(), [
      { name: "source", in: 6, out: 6, errors: 0 },
      { name: "check", in: 6, out: 5, errors: 1 },
      { name: "filter", in: 5, out: 3, errors: 1 },
      { name: "forEach", in: 3, out: 2, errors: 1 },
    ]);
  });

  it("lets a stage have a policy of its own", async () => {
    const fail = (): never => {
      throw new RangeError("always");
    };
    assert.deepEqual(await collect(pipeline([1]).map(fail, { onError: "skip" })), []);
    const strict = pipeline([1], { onError: "skip" }).map(fail, { onError: "stop" });
    await assert.rejects(collect(strict), RangeError);
  });

  it("goes on behind records that cannot be decoded, when told to", async () => {
    const source = new TestSource<number>(1);
    source.push(new MalformedError("EVENT", "too short"), 2);
    source.end();
    const careful = pipeline(source, { onError: "skip" });
    assert.deepEqual(await collect(careful), [1, 2]);
    assert.deepEqual(careful.statistics(), [{ name: "source", in: 3, out: 2, errors: 1 }]);

    source.push(new MalformedError("EVENT", "too short"));
    await assert.rejects(collect(pipeline(source)), MalformedError);
    source.push(new RangeError("another"));
    await assert.rejects(collect(pipeline(source, { onError: "skip" })), RangeError);
  });

  it("ends at the limit of what comes out, at the time-out and the signal", async () => {
    using clock = stopClock();
    const source = new TestSource(...numbers(10));
    const odd = pipeline(source).filter((number) => number % 2 === 1);
    assert.deepEqual(await collect(odd.read({ limit: 2 })), [1, 3]);
    assert.equal(source.left, 6);
    assert.deepEqual(await collect(odd.take(1)), [5]);
    assert.deepEqual(await collect(odd.read({ limit: 0 })), []);
    const timedOut = collect(odd.read({ timeoutMs: 5 }));
    await clock.advance(5);
    assert.deepEqual(await timedOut, [7, 9]);
    const stop = new AbortController();
    const stopped = odd.forEach(() => {}, { signal: stop.signal });
    await settle();
    stop.abort();
    assert.equal(await stopped, 0);
    assert.equal(source.readers, 0);
  });

  it("is a web stream too", async () => {
    const found: number[] = [];
    for await (const number of pipeline([1, 2])
      .map((number) => number * 2)
      .stream())
      found.push(number);
    assert.deepEqual(found, [2, 4]);
  });

  it("can itself be a source", async () => {
    const inner = pipeline(new TestSource(...numbers(9))).filter((number) => number > 1);
    assert.deepEqual(await collect(pipeline(inner).read({ limit: 2 })), [2, 3]);
  });
});

describe("Pipeline.batch", () => {
  it("gathers events, the last batch maybe smaller", async () => {
    assert.deepEqual(await collect(pipeline(numbers(5)).batch(2)), [[0, 1], [2, 3], [4]]);
    assert.deepEqual(await collect(pipeline(numbers(4)).batch(2)), [
      [0, 1],
      [2, 3],
    ]);
    assert.deepEqual(await collect(pipeline([]).batch(2)), []);
    assert.deepEqual(await collect(pipeline(numbers(9)).batch(2).read({ limit: 1 })), [[0, 1]]);
    const sums = pipeline(numbers(5))
      .batch(2)
      .map((batch) => batch.length)
      .batch(2);
    assert.deepEqual(await collect(sums), [[2, 2], [1]]);
  });

  it("hands on a batch that waited long enough since its first event", async () => {
    using clock = stopClock();
    const source = new TestSource<number>();
    const found: (readonly number[])[] = [];
    const reading = pipeline(source)
      .batch(3, { maxWaitMs: 10 })
      .forEach((batch) => found.push(batch), { timeoutMs: 100 });
    await clock.advance(20);
    source.push(1);
    await settle();
    await clock.advance(6);
    source.push(2);
    await clock.advance(3);
    assert.deepEqual(found, []);
    await clock.advance(1);
    assert.deepEqual(found, [[1, 2]]);
    source.push(3, 4, 5, 6);
    await clock.advance(1);
    assert.deepEqual(found, [
      [1, 2],
      [3, 4, 5],
    ]);
    await clock.advance(69);
    assert.equal(await reading, 3);
    assert.deepEqual(found.at(-1), [6]);
  });

  it("hands on what it has at the time-out, and leaves the next event to others", async () => {
    using clock = stopClock();
    const source = new TestSource(1, 2);
    const timedOut = collect(pipeline(source).batch(3).read({ timeoutMs: 5 }));
    await clock.advance(5);
    assert.deepEqual(await timedOut, [[1, 2]]);
    source.push(3, 4, 5, 6);
    for await (const batch of pipeline(source).batch(2)) {
      assert.deepEqual(batch, [3, 4]);
      break;
    }
    await settle();
    assert.deepEqual([source.left, source.readers], [2, 0]);
  });

  it("fails when a stage before it does", async () => {
    const failing = pipeline(numbers(5)).map((number) => {
      if (number === 3) throw new RangeError("of the stage");
      return number;
    });
    await assert.rejects(collect(failing.batch(2)), RangeError);
  });

  it("refuses sizes that cannot be meant", () => {
    for (const size of [0, -1, 1.5, Number.NaN]) {
      assert.throws(() => pipeline([u32]).batch(size), InvalidArgumentError);
    }
  });

  it("refuses numbers and words that cannot be meant", async () => {
    for (const count of [-1, 1.5, Number.NaN]) {
      assert.throws(() => pipeline([1]).take(count), InvalidArgumentError);
      await assert.rejects(collect(pipeline([1]).read({ limit: count })), InvalidArgumentError);
      await assert.rejects(collect(pipeline([1]).read({ timeoutMs: -1 })), InvalidArgumentError);
    }
    assert.throws(() => pipeline([1]).batch(1, { maxWaitMs: Number.NaN }), /time-out is NaN/);
    const onError = "skipp" as "skip";
    assert.throws(() => pipeline([1], { onError }), /"skipp"/);
    assert.throws(() => pipeline([1]).map((number) => number, { onError }), /"skipp"/);
  });
});
