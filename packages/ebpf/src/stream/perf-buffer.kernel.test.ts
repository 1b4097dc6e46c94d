import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { mov } from "../asm/alu.ts";
import { assemble } from "../asm/assemble.ts";
import { call, exit } from "../asm/call.ts";
import { loadFrom, storeTo } from "../asm/field.ts";
import { at } from "../asm/place.ts";
import { stackFrame } from "../asm/stack.ts";
import { ClosedError, InvalidArgumentError } from "../base/errors.ts";
import { compileAndLoad, loadCollection, type Loaded } from "../collection/load.ts";
import { r1, r2, r6 } from "../isa/register.ts";
import { u32, u64 } from "../layout/integer.ts";
import { struct } from "../layout/struct.ts";
import { perfEventArray, type PerfEventArrayOptions } from "../spec/perf-event-array.ts";
import { program } from "../spec/program.ts";
import { tcx } from "../spec/tcx.ts";
import { kernelUnderTest } from "../testing/kernel-under-test.ts";
import { needs } from "../testing/needs.ts";
import { consumeRings, readRings } from "./read-rings.ts";

const usable = needs("root", "bpf");
const kernel = kernelUnderTest();
const { online } = kernel.cpus;
const firstCpu = online[0]!;
const lastCpu = online.at(-1)!;

const Numbered = struct("numbered", { number: u64, half: u32 });
/** What a record of it is long: raw data is padded to 4 bytes behind a multiple of 8. */
const recordBytes = 20;
/** What it takes in the ring: header, length, data. */
const ringBytes = 8 + 4 + recordBytes;

/** BPF_F_CURRENT_CPU */
const currentCpu = 0xffff_ffffn;

/** A perf buffer, and a program that outputs the number in its context on the CPU it runs on. */
function numbersSpec(options: PerfEventArrayOptions = {}, name = "perf_events") {
  const events = perfEventArray(name, Numbered, options);
  const event = stackFrame().bytes(16);
  const emit = program(
    "raw_tracepoint",
    assemble([
      mov(r6, r1),
      loadFrom(r2, { ...at(r6, 0), size: 8 }),
      storeTo({ ...event, size: 8 }, r2),
      storeTo({ ...event, offset: event.offset + 8, size: 8 }, r2),
      call("perf_event_output", r6, events, currentCpu, event, Numbered.size),
      exit(),
    ]),
  );
  return { events, emit };
}

type Numbers = Loaded<ReturnType<typeof numbersSpec>>;

const load = (options?: PerfEventArrayOptions, name?: string): Numbers =>
  loadCollection(kernel, numbersSpec(options, name));

/** Lets the program emit the numbers from `from` up to but not `to`; returns what it returned last. */
function emit(
  { emit: program }: Pick<Numbers, "emit">,
  numbers: readonly number[],
  cpu = firstCpu,
) {
  const context = new Uint8Array(8);
  const view = new DataView(context.buffer);
  let status = 0;
  for (const number of numbers) {
    view.setBigUint64(0, BigInt(number), true);
    status = program.run({ context, cpu, flags: ["run_on_cpu"] }).returnValue | 0;
  }
  return status;
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

describe("PerfBuffer", usable, () => {
  it("yields events in order, those before the reader and those after", async () => {
    using numbers = load();
    emit(numbers, upTo(3));
    const reading = collect(numbers.events.read({ limit: 6 }));
    setImmediate(() => emit(numbers, upTo(6, 3)));
    assert.deepEqual(await reading, upTo(6));
  });

  it("decodes whole events, whatever they are padded with", () => {
    using numbers = load();
    emit(numbers, [7]);
    assert.deepEqual([...numbers.events.drain()], [{ number: 7n, half: 7 }]);
    assert.equal(numbers.events.record.length, recordBytes);
  });

  it("tells the CPU of each event, and of each record", async () => {
    using numbers = load();
    emit(numbers, [1], firstCpu);
    emit(numbers, [2], lastCpu);
    const found: [number, bigint][] = [];
    for await (const { cpu, event } of numbers.events.readWithCpu({ limit: 2 }))
      found.push([cpu, event.number]);
    const expected = [
      [firstCpu, 1n],
      [lastCpu, 2n],
    ];
    assert.deepEqual(new Map(found), new Map(expected as [number, bigint][]));
    emit(numbers, [3], lastCpu);
    const { promise, resolve } = Promise.withResolvers<number | undefined>();
    using _ = numbers.events.consume((record) => resolve(record.cpu));
    assert.equal(await promise, lastCpu);
  });

  it("stops at the time-out, and at a signal", async () => {
    using numbers = load();
    emit(numbers, upTo(2));
    assert.deepEqual(await collect(numbers.events.read({ timeoutMs: 20 })), upTo(2));
    const stop = new AbortController();
    const reading = collect(numbers.events.read({ signal: stop.signal }));
    setImmediate(() => stop.abort());
    assert.deepEqual(await reading, []);
  });

  it("keeps what a reader left for the next one", async () => {
    using numbers = load();
    emit(numbers, upTo(10));
    for await (const { number } of numbers.events) if (number === 3n) break;
    assert.deepEqual(await collect(numbers.events.read({ limit: 2 })), [4, 5]);
    assert.deepEqual(numbersOf(numbers.events.drain(1)), [6]);
    const { promise, resolve } = Promise.withResolvers<bigint[]>();
    const found: bigint[] = [];
    using consumer = numbers.events.consume((record) => {
      found.push(record.event.number);
      if (found.length === 2) consumer.stop();
      if (found.length === 2) resolve(found);
    });
    assert.deepEqual(await promise, [7n, 8n]);
    assert.deepEqual(numbersOf(numbers.events.drain()), [9]);
  });

  it("hands over batches, each of one CPU", async () => {
    using numbers = load();
    emit(numbers, upTo(3), firstCpu);
    const { promise, resolve } = Promise.withResolvers<readonly (number | undefined)[]>();
    using _ = numbers.events.consumeBatches((batch) => {
      const starts: number[] = [];
      for (let start = batch.first(); start >= 0; start = batch.next(start)) starts.push(start);
      const read = numbersIn(starts.length, (index) => batch.record(starts[index]!).event);
      resolve([batch.cpu, starts.length, ...read]);
    });
    assert.deepEqual(await promise, [firstCpu, 3, 0, 1, 2]);
  });

  it("hands over what is there in batches, CPU by CPU", () => {
    using numbers = load();
    emit(numbers, upTo(3), firstCpu);
    const found: unknown[] = [];
    const taken = numbers.events.drainBatches((batch) => {
      for (let start = batch.first(); start >= 0; start = batch.next(start))
        found.push([batch.cpu, batch.record(start).event.half]);
    });
    assert.equal(taken, 3);
    assert.deepEqual(
      found,
      upTo(3).map((number) => [firstCpu, number]),
    );
    assert.equal(
      numbers.events.drainBatches(() => assert.fail("nothing is left")),
      0,
    );
  });

  it("counts what had no room, per CPU, and goes round the ring many times", () => {
    using numbers = load({ pagesPerCpu: 1 });
    const fits = Math.floor(4096 / ringBytes);
    assert.ok(emit(numbers, upTo(fits + 40)) < 0, "the program is told");
    const first = numbersOf(numbers.events.drain());
    assert.deepEqual(first, upTo(first.length));
    assert.ok(first.length <= fits && first.length > fits - 5);
    assert.equal(numbers.events.lost(), 0n, "the kernel tells with the next event");
    for (let round = 0; round < 40; round++) {
      emit(numbers, upTo(50 * (round + 1), 50 * round));
      assert.deepEqual(
        numbersOf(numbers.events.drain()),
        upTo(50 * (round + 1), 50 * round),
        `round ${round}`,
      );
    }
    const lost = fits + 40 - first.length;
    assert.equal(numbers.events.lost(), BigInt(lost));
    const { perCpu, events, bytes, pendingBytes } = numbers.events.statistics();
    assert.deepEqual(
      { events, bytes, pendingBytes },
      { events: first.length + 2000, bytes: recordBytes * (first.length + 2000), pendingBytes: 0 },
    );
    assert.deepEqual(
      perCpu.map((one) => [one.cpu, one.events, one.lost]),
      online.map((cpu) => (cpu === firstCpu ? [cpu, events, lost] : [cpu, 0, 0])),
    );
  });

  it("tells how full the rings are", () => {
    using numbers = load({ pagesPerCpu: 1 });
    emit(numbers, upTo(10));
    const { pendingBytes, fill } = numbers.events.statistics();
    assert.equal(pendingBytes, 10 * ringBytes);
    assert.equal(fill, (10 * ringBytes) / (4096 * online.length));
  });

  it("wakes after so many events, and shows what is there to those who ask", async () => {
    using numbers = load({ wakeup: { events: 4 } });
    emit(numbers, upTo(3));
    const reading = collect(numbers.events.read({ limit: 8 }));
    setImmediate(() => emit(numbers, upTo(8, 3)));
    assert.deepEqual(await reading, upTo(8));
    emit(numbers, [8]);
    assert.deepEqual(numbersOf(numbers.events.drain()), [8]);
  });

  it("wakes after so many bytes", async () => {
    using numbers = load({ wakeup: { bytes: 3 * ringBytes } });
    const reading = collect(numbers.events.read({ timeoutMs: 20 }));
    setImmediate(() => emit(numbers, [0, 1]));
    assert.deepEqual(await reading, [], "two are not enough");
    const more = collect(numbers.events.read({ limit: 6 }));
    setImmediate(() => emit(numbers, upTo(6, 2)));
    assert.deepEqual(await more, upTo(6));
  });

  it("can be paused", () => {
    using numbers = load();
    numbers.events.pause();
    emit(numbers, [0]);
    numbers.events.resume();
    emit(numbers, [1]);
    assert.deepEqual(numbersOf(numbers.events.drain()), [1]);
  });

  it("is one of several in a reader", async () => {
    using left = load({}, "left");
    using right = load({}, "right");
    emit(left, upTo(2));
    setImmediate(() => emit(right, upTo(12, 10)));
    const rings = { left: left.events, right: right.events };
    const found: [string, bigint][] = [];
    for await (const { ring, event } of readRings(kernel, rings, { limit: 4 }))
      found.push([ring, event.number]);
    assert.deepEqual(found, [
      ["left", 0n],
      ["left", 1n],
      ["right", 10n],
      ["right", 11n],
    ]);
  });

  it("ends readers when it is closed, and refuses new ones", async () => {
    const numbers = load();
    const reading = collect(numbers.events.read());
    setImmediate(() => numbers.close());
    assert.deepEqual(await reading, []);
    await assert.rejects(collect(numbers.events.read()), ClosedError);
    assert.throws(() => numbers.events.statistics(), ClosedError);
    assert.throws(() => numbers.events.snapshot(), ClosedError);
  });
});

describe("PerfBuffer that is overwritten", usable, () => {
  it("shows the last events, the oldest first, again and again", () => {
    using numbers = load({ mode: "overwrite", pagesPerCpu: 1 });
    assert.deepEqual(numbers.events.snapshot(), []);
    emit(numbers, upTo(5));
    const show = () => numbers.events.snapshot().map(({ event }) => Number(event.number));
    assert.deepEqual(show(), upTo(5));
    assert.deepEqual(show(), upTo(5));
    emit(numbers, upTo(1000, 5));
    const last = show();
    assert.equal(last.at(-1), 999);
    assert.deepEqual(last, upTo(1000, 1000 - last.length));
    assert.ok(last.length > 4096 / ringBytes - 3, `${last.length} of a page`);
  });

  it("tells the CPU", () => {
    using numbers = load({ mode: "overwrite", pagesPerCpu: 1 });
    emit(numbers, [1], lastCpu);
    assert.deepEqual(numbers.events.snapshot(), [{ cpu: lastCpu, event: { number: 1n, half: 1 } }]);
  });

  it("cannot be read, nor can one that is read be shown", () => {
    using overwritten = load({ mode: "overwrite" });
    assert.throws(() => [...overwritten.events.drain()], {
      name: "InvalidArgumentError",
      hint: 'take a snapshot(), or make it with mode: "keep"',
    });
    using kept = load();
    assert.throws(() => kept.events.snapshot(), InvalidArgumentError);
  });

  it("is refused to whoever would wait for it, before anything is waited for", async () => {
    using overwritten = load({ mode: "overwrite" });
    const { events } = overwritten;
    const refused = { name: "InvalidArgumentError", message: /is overwritten and cannot be read/ };
    assert.throws(() => events.consume(() => {}), refused);
    assert.throws(() => events.consumeBatches(() => {}), refused);
    assert.throws(() => consumeRings(kernel, { events }, () => {}), refused);
    await assert.rejects(events.read().next(), refused);
    await assert.rejects(readRings(kernel, { events }).next(), refused);
    assert.equal(events.waiting.size, 0);
  });
});

const perfOut = perfEventArray("perf_out", Numbered);
const outputs = tcx("ingress", (skb) => {
  "use bpf";
  perfOut.output(skb, { number: 5n, half: skb.len });
  const event = Numbered({ number: 6n, half: 1 });
  perfOut.outputBytes(skb, event, 16);
  return 0;
});

describe("a program in TypeScript", needs("root", "bpf", "btf"), () => {
  it("outputs events", async () => {
    using loaded = await compileAndLoad(kernel, { perfOut, outputs });
    loaded.outputs.run({ data: new Uint8Array(64) });
    assert.deepEqual(
      [...loaded.perfOut.drain()],
      [
        { number: 5n, half: 64 },
        { number: 6n, half: 1 },
      ],
    );
  });
});

function numbersIn(count: number, at: (index: number) => { number: bigint }): number[] {
  return upTo(count).map((index) => Number(at(index).number));
}
