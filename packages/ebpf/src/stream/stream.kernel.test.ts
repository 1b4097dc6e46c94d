import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, it } from "node:test";
import { add, mov } from "../asm/alu.ts";
import { assemble, type Item, label } from "../asm/assemble.ts";
import { call, exit } from "../asm/call.ts";
import { jne } from "../asm/jump.ts";
import { ldx, st, stx } from "../asm/memory.ts";
import { reserveOrCount, submitRecord } from "../asm/pattern/ring-buffer.ts";
import { at } from "../asm/place.ts";
import { loadMap } from "../asm/wide.ts";
import { ClosedError, MalformedError } from "../base/errors.ts";
import { loadCollection, type Loaded } from "../collection/load.ts";
import { r0, r1, r2, r3, r4, r6, r7, r10 } from "../isa/register.ts";
import { array } from "../layout/array.ts";
import { u64 } from "../layout/integer.ts";
import { struct } from "../layout/struct.ts";
import { lossCounter } from "../spec/array-map.ts";
import { program } from "../spec/program.ts";
import { ringbuf } from "../spec/ringbuf.ts";
import { kernelUnderTest } from "../testing/kernel-under-test.ts";
import { needs } from "../testing/needs.ts";
import type { EventBatch } from "./event-batch.ts";
import { readRings } from "./read-rings.ts";

const usable = needs("bpf", "ringbuf");
const kernel = kernelUnderTest();

const Numbered = struct("numbered", { number: u64 });
const lost = lossCounter("lost");

/** A ring, and a program that puts the number in its context into it. */
function numbersSpec(name: string, sizeBytes: number) {
  const events = ringbuf(name, Numbered, { sizeBytes, lossCounter: lost });
  const emit = program(
    "raw_tracepoint",
    assemble([
      ldx("u64", r6, r1, 0),
      reserveOrCount({ ring: events, size: Numbered.size, lost: { map: lost, key: at(r10, -4) } }),
      stx("u64", r0, 0, r6),
      mov(r7, r0),
      submitRecord(r7),
      mov(r0, 0),
      exit(),
    ]),
  );
  return { events, emit };
}

type Numbers = Loaded<ReturnType<typeof numbersSpec>>;

const load = (sizeBytes = 1 << 16): Numbers =>
  loadCollection(kernel, numbersSpec("events", sizeBytes));

/** Lets the program emit the numbers from `from` up to but not `to`. */
function emit({ emit: program }: Pick<Numbers, "emit">, from: number, to: number): void {
  const context = new Uint8Array(8);
  const view = new DataView(context.buffer);
  for (let number = from; number < to; number++) {
    view.setBigUint64(0, BigInt(number), true);
    program.run({ context });
  }
}

const upTo = (end: number, start = 0): number[] =>
  Array.from({ length: end - start }, (_, index) => start + index);
const numbersOf = (events: Iterable<{ number: bigint }>): number[] =>
  Array.from(events, ({ number }) => Number(number));

async function collect(events: AsyncIterable<{ number: bigint }>): Promise<number[]> {
  const found: number[] = [];
  for await (const { number } of events) found.push(Number(number));
  return found;
}

describe("RingBuffer", usable, () => {
  it("yields events in order, those before the reader and those after", async () => {
    using ring = load();
    emit(ring, 0, 3);
    const reading = collect(ring.events.read({ limit: 6 }));
    setImmediate(() => emit(ring, 3, 6));
    assert.deepEqual(await reading, upTo(6));
  });

  it("stops at the time-out, and at a signal", async () => {
    using ring = load();
    emit(ring, 0, 2);
    assert.deepEqual(await collect(ring.events.read({ timeoutMs: 20 })), upTo(2));
    const stop = new AbortController();
    const reading = collect(ring.events.read({ signal: stop.signal }));
    setImmediate(() => stop.abort());
    assert.deepEqual(await reading, []);
    assert.deepEqual(await collect(ring.events.read({ signal: stop.signal })), []);
  });

  it("keeps what a reader left for the next one", async () => {
    using ring = load();
    emit(ring, 0, 10);
    for await (const { number } of ring.events) if (number === 3n) break;
    assert.deepEqual(await collect(ring.events.read({ limit: 2 })), [4, 5]);
    assert.deepEqual(numbersOf(ring.events.drain()), upTo(10, 6));
    assert.deepEqual(numbersOf(ring.events.drain()), []);
  });

  it("shows events without taking them", () => {
    using ring = load();
    emit(ring, 0, 3);
    assert.deepEqual(numbersOf(ring.events.peek(2)), [0, 1]);
    assert.deepEqual(numbersOf(ring.events.drain(1)), [0]);
    assert.deepEqual(numbersOf(ring.events.peek(9)), [1, 2]);
    assert.deepEqual(numbersOf(ring.events.drain()), [1, 2]);
  });

  it("hands over what is there in batches, and keeps what a throwing function left", () => {
    using ring = load();
    const found: number[] = [];
    const look = (batch: EventBatch<{ number: bigint }>): void => {
      for (let start = batch.first(); start >= 0; start = batch.next(start))
        found.push(Number(batch.record(start).event.number));
    };
    assert.equal(ring.events.drainBatches(look), 0);
    emit(ring, 0, 5);
    assert.equal(ring.events.drainBatches(look), 5);
    assert.deepEqual(found, upTo(5));
    emit(ring, 5, 8);
    assert.equal(
      ring.events.drainBatches(() => {}),
      3,
      "what a function leaves is passed over",
    );
    emit(ring, 8, 11);
    const fail = (batch: EventBatch<{ number: bigint }>): void => {
      batch.first();
      throw new RangeError("eight is enough");
    };
    assert.throws(() => ring.events.drainBatches(fail), RangeError);
    assert.deepEqual(numbersOf(ring.events.drain()), [9, 10]);
    assert.equal(ring.events.statistics().events, 11);
  });

  it("counts what was read, lost and left", async () => {
    using ring = load(4096);
    emit(ring, 0, 300); // 16 bytes each, header included: 256 fit, less what the kernel keeps free
    const before = ring.events.statistics();
    assert.ok(before.lost! > 0n);
    assert.ok(before.fill > 0.95 && before.fill <= 1);
    const read = [...ring.events.drain()].length;
    assert.equal(BigInt(read) + before.lost!, 300n);
    const { events, bytes, pendingBytes, errors, batches } = ring.events.statistics();
    assert.deepEqual(
      { events, bytes, pendingBytes, errors },
      { events: read, bytes: 8 * read, pendingBytes: 0, errors: 0 },
    );
    assert.ok(batches >= 1);
  });

  it("goes round the ring many times", async () => {
    using ring = load(4096);
    const found: number[] = [];
    for (let from = 0; from < 5000; from += 100) {
      emit(ring, from, from + 100);
      found.push(...numbersOf(ring.events.drain()));
    }
    assert.deepEqual(found, upTo(5000));
    assert.equal(ring.events.lost(), 0n);
  });

  it("ends readers when it is closed, and refuses new ones", async () => {
    const ring = load();
    const reading = collect(ring.events.read());
    setImmediate(() => ring.close());
    assert.deepEqual(await reading, []);
    await assert.rejects(collect(ring.events.read()), ClosedError);
    assert.throws(() => ring.events.peek(), ClosedError);
  });

  it("is a web stream too", async () => {
    using ring = load();
    emit(ring, 0, 4);
    const reader = ring.events.stream().getReader();
    assert.equal((await reader.read()).value?.number, 0n);
    await reader.cancel();
    assert.equal(ring.events.waiting.size, 0);
  });
});

describe("RingBuffer.consume", usable, () => {
  it("hands over records, now and later, and stops when told", async () => {
    using ring = load();
    emit(ring, 0, 2);
    const found: bigint[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    using consumer = ring.events.consume((record) => {
      found.push(record.getBigUint64(0));
      if (found.length === 2) setImmediate(() => emit(ring, 2, 4));
      if (found.length === 4) resolve();
    });
    await promise;
    assert.deepEqual(found, [0n, 1n, 2n, 3n]);
    consumer.stop();
    assert.equal(consumer.running, false);
    emit(ring, 4, 5);
    assert.deepEqual(numbersOf(ring.events.drain()), [4]);
  });

  it("stops in the middle of a batch and goes on from there", async () => {
    using ring = load();
    emit(ring, 0, 6);
    const found: bigint[] = [];
    let finished = Promise.withResolvers<void>();
    using consumer = ring.events.consume((record) => {
      found.push(record.event.number);
      if (found.length === 3) consumer.stop();
      if (found.length === 3 || found.length === 6) finished.resolve();
    });
    await finished.promise;
    assert.equal(found.length, 3);
    finished = Promise.withResolvers();
    consumer.start();
    await finished.promise;
    assert.deepEqual(found, [0n, 1n, 2n, 3n, 4n, 5n]);
  });

  it("surfaces what the callback throws, and keeps the records behind it", async () => {
    using ring = load();
    emit(ring, 0, 3);
    const failure = new Error("of the callback");
    const uncaught = once(process, "uncaughtException");
    const listeners = process.listeners("uncaughtException").slice(0, -1);
    for (const listener of listeners) process.off("uncaughtException", listener);
    using consumer = ring.events.consume(() => {
      throw failure;
    });
    const [thrown] = await uncaught;
    for (const listener of listeners) process.on("uncaughtException", listener);
    assert.equal(thrown, failure);
    assert.equal(consumer.running, false);
    assert.deepEqual(numbersOf(ring.events.drain()), [1, 2]);
  });
});

describe("records of other sizes", usable, () => {
  const Wide = struct("wide", { first: u64, rest: array(u64, 3) });

  /** Outputs `size` bytes of the four numbers on the stack, and leaves. */
  const outputFromStack = (size: number): Item => [
    [loadMap(r1, "sized"), mov(r2, r10), add(r2, -32), mov(r3, size), mov(r4, 0)],
    [call("ringbuf_output"), mov(r0, 0), exit()],
  ];

  /** A program that puts as many bytes into the ring as its context says. */
  const sized = (minEventBytes: number) => {
    const events = ringbuf("sized", Wide, { sizeBytes: 4096, minEventBytes });
    const emit = program(
      "raw_tracepoint",
      assemble([
        ldx("u64", r3, r1, 0),
        [-8, -16, -24, -32].map((offset) => st("u64", r10, offset, 7)),
        jne(r3, 16, "whole"),
        outputFromStack(16),
        label("whole"),
        outputFromStack(32),
      ]),
    );
    return { events, emit };
  };

  const run = (minEventBytes: number, bytes: number) => {
    const loaded = loadCollection(kernel, sized(minEventBytes));
    const context = new Uint8Array(8);
    context[0] = bytes;
    loaded.emit.run({ context });
    return loaded;
  };

  it("read as zeros where their end was left out", () => {
    using loaded = run(16, 16);
    assert.deepEqual([...loaded.events.drain()], [{ first: 7n, rest: [7n, 0n, 0n] }]);
  });

  it("are malformed when they are shorter than they may be, and the next one is read", () => {
    using loaded = run(Wide.size, 16);
    assert.throws(() => [...loaded.events.drain()], MalformedError);
    assert.equal(loaded.events.statistics().errors, 1);
    const context = new Uint8Array(8);
    loaded.emit.run({ context });
    assert.deepEqual([...loaded.events.drain()], [{ first: 7n, rest: [7n, 7n, 7n] }]);
  });
});

describe("readRings", usable, () => {
  it("reads several rings, each in order", async () => {
    using left = loadCollection(kernel, numbersSpec("left", 1 << 16));
    using right = loadCollection(kernel, numbersSpec("right", 1 << 16));
    emit(left, 0, 3);
    const found: [string, number][] = [];
    const rings = { left: left.events, right: right.events };
    setImmediate(() => emit(right, 10, 13));
    for await (const { ring, event } of readRings(kernel, rings, { limit: 6 })) {
      found.push([ring, Number(event.number)]);
    }
    assert.deepEqual(
      found.filter(([ring]) => ring === "left").map(([, number]) => number),
      [0, 1, 2],
    );
    assert.deepEqual(
      found.filter(([ring]) => ring === "right").map(([, number]) => number),
      [10, 11, 12],
    );
  });
});
