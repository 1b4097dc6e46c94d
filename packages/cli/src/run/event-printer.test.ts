import assert from "node:assert/strict";
import { PassThrough, Writable } from "node:stream";
import { describe, it } from "node:test";
import { LineWriter } from "../terminal/line-writer.ts";
import { EventPrinter, type EventSource } from "./event-printer.ts";

interface FakeRecord {
  readonly event: unknown;
}

/** A ring buffer whose events are handed over when a test says so. */
class FakeRing implements EventSource {
  readonly #events: FakeRecord[];
  record: FakeRecord = { event: undefined };
  running = false;
  closed = false;
  #onRecord: (record: FakeRecord) => void = () => undefined;

  constructor(events: readonly unknown[]) {
    this.#events = events.map((event) => ({ event }));
  }

  get left(): number {
    return this.#events.length;
  }

  /** The next event is none of its layout. */
  spoil(error: Error): void {
    this.#events.unshift({
      get event(): unknown {
        throw error;
      },
    });
  }

  consume(onRecord: (record: FakeRecord) => void) {
    this.#onRecord = onRecord;
    this.running = true;
    return {
      start: () => void (this.running = true),
      stop: () => void (this.running = false),
      [Symbol.dispose]: () => void (this.closed = true),
    };
  }

  advance(): boolean {
    const next = this.#events.shift();
    if (next !== undefined) this.record = next;
    return next !== undefined;
  }

  deliver(): void {
    while (this.running && this.advance()) this.#onRecord(this.record);
  }
}

const view = {
  event: (ring: string, event: unknown) => `${ring} ${String(event)}`,
  state: () => [],
};

function printerFor(
  rings: Readonly<Record<string, FakeRing>>,
  lines: LineWriter,
  limit = Infinity,
): EventPrinter {
  return new EventPrinter({ rings: new Map(Object.entries(rings)), lines, view, limit });
}

describe("EventPrinter", () => {
  it("prints events of all rings, and what is left at the end", async () => {
    const rings = { calls: new FakeRing([1, 2]), exits: new FakeRing([3, 4]) };
    const [stream, end] = [new PassThrough(), new AbortController()];
    using lines = new LineWriter(stream);
    const printer = printerFor(rings, lines);
    const printing = printer.printUntil(end.signal);
    rings.calls.deliver();
    end.abort();
    await printing;
    assert.ok(rings.calls.closed && rings.exits.closed);
    await printer.printRest();
    assert.equal(String(stream.read()), "calls 1\ncalls 2\nexits 3\nexits 4\n");
    assert.deepEqual([...printer.printed], Object.entries({ calls: 2, exits: 2 }));
  });

  it("prints no more than is wanted", async () => {
    const ring = new FakeRing([1, 2, 3]);
    const stream = new PassThrough();
    using lines = new LineWriter(stream);
    const printer = printerFor({ ring }, lines, 2);
    const printing = printer.printUntil(new AbortController().signal);
    ring.deliver();
    await printing;
    await printer.printRest();
    assert.equal(String(stream.read()), "ring 1\nring 2\n");
    assert.equal(ring.left, 1);
  });

  it("takes nothing from any ring while the reader is busy", async () => {
    const [ring, other] = [
      new FakeRing(Array.from({ length: 9 }, () => "x".repeat(1 << 16))),
      new FakeRing([1]),
    ];
    let accept: () => void = () => undefined;
    const stream = new Writable({
      highWaterMark: 1,
      write: (_chunk, _encoding, done) => void (accept = done),
    });
    using lines = new LineWriter(stream);
    const end = new AbortController();
    const printing = printerFor({ ring, other }, lines).printUntil(end.signal);
    ring.deliver();
    assert.equal(ring.left, 8);
    assert.ok(!other.running);
    const drained = new Promise((resolve) => void stream.once("drain", resolve));
    accept();
    await drained;
    assert.ok(ring.running && other.running);
    end.abort();
    await printing;
  });

  it("ends when the reader has gone", async () => {
    const ring = new FakeRing([]);
    const stream = new PassThrough();
    using lines = new LineWriter(stream);
    const printer = printerFor({ ring }, lines);
    const printing = printer.printUntil(new AbortController().signal);
    stream.destroy(Object.assign(new Error("gone"), { code: "EPIPE" }));
    await printing;
    assert.ok(printer.satisfied);
  });

  it("fails when an event is none", async () => {
    const ring = new FakeRing([]);
    ring.spoil(new RangeError("too short"));
    using lines = new LineWriter(new PassThrough());
    const printing = printerFor({ ring }, lines).printUntil(new AbortController().signal);
    ring.deliver();
    await assert.rejects(printing, RangeError);
  });
});
