import assert from "node:assert/strict";
import { PassThrough, Writable } from "node:stream";
import { describe, it } from "node:test";
import { LineWriter } from "../../terminal/line-writer.ts";
import { execRecord } from "../../testing/exec-event.ts";
import type { ExecRecord } from "./exec-event.ts";
import { ExecPrinter, type ExecSource } from "./exec-printer.ts";
import { WallClock } from "./wall-clock.ts";

const record = execRecord("/bin/ls\0", "ls\0");
const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/** A ring buffer with `left` records, handed over when a test says so. */
class FakeRing implements ExecSource {
  readonly record: ExecRecord = record;
  left: number;
  running = false;
  closed = false;
  #onRecord: (record: ExecRecord) => void = () => undefined;

  constructor(left: number) {
    this.left = left;
  }

  consume(onRecord: (record: ExecRecord) => void) {
    this.#onRecord = onRecord;
    this.running = true;
    return {
      start: () => (this.running = true),
      stop: () => (this.running = false),
      [Symbol.dispose]: () => (this.closed = true),
    };
  }

  advance(): boolean {
    if (this.left === 0) return false;
    this.left -= 1;
    return true;
  }

  deliver(): void {
    while (this.running && this.advance()) this.#onRecord(record);
  }
}

const printerFor = (ring: FakeRing, lines: LineWriter, limit = Infinity): ExecPrinter =>
  new ExecPrinter({ ring, lines, view: { event: () => "line" }, clock: new WallClock(), limit });

describe("ExecPrinter", () => {
  it("prints what comes until it is told to end", async () => {
    const [ring, stream, end] = [new FakeRing(3), new PassThrough(), new AbortController()];
    using lines = new LineWriter(stream);
    const printer = printerFor(ring, lines);
    const printing = printer.printUntil(end.signal);
    ring.deliver();
    end.abort();
    await printing;
    assert.equal(printer.printed, 3);
    assert.ok(ring.closed);
    assert.equal(String(stream.read()), "line\nline\nline\n");
  });

  it("prints nothing when it has ended before it began", async () => {
    const ring = new FakeRing(3);
    using lines = new LineWriter(new PassThrough());
    await printerFor(ring, lines).printUntil(AbortSignal.abort());
    assert.ok(ring.closed);
  });

  it("ends when it has printed enough", async () => {
    const ring = new FakeRing(5);
    using lines = new LineWriter(new PassThrough());
    const printer = printerFor(ring, lines, 2);
    const printing = printer.printUntil(new AbortController().signal);
    ring.deliver();
    await printing;
    await printer.printRest();
    assert.equal(printer.printed, 2);
    assert.equal(ring.left, 3);
  });

  it("leaves records in the ring while the reader is slow", async () => {
    const [ring, stream, end] = [
      new FakeRing(100_000),
      new PassThrough({ highWaterMark: 1000 }),
      new AbortController(),
    ];
    using lines = new LineWriter(stream);
    const printer = printerFor(ring, lines);
    const printing = printer.printUntil(end.signal);
    ring.deliver();
    // A chunk of 64 KiB was made before it was known that nobody reads.
    assert.ok(printer.printed < 15_000);
    assert.ok(!ring.running);
    const { printed } = printer;
    stream.resume();
    await turn();
    assert.ok(ring.running);
    ring.deliver();
    assert.ok(printer.printed > printed);
    end.abort();
    await printing;
  });

  it("waits for a slow reader with what was left in the ring", async () => {
    const [ring, stream] = [new FakeRing(50_000), new PassThrough({ highWaterMark: 1000 })];
    using lines = new LineWriter(stream);
    const printer = printerFor(ring, lines);
    let characters = 0;
    setImmediate(() => stream.on("data", (chunk: Buffer) => (characters += chunk.length)));
    await printer.printRest();
    await lines.settled();
    await turn();
    assert.equal(printer.printed, 50_000);
    assert.equal(characters, 5 * 50_000);
  });

  it("ends when nobody reads any more", async () => {
    const error = Object.assign(new Error("gone"), { code: "EPIPE" });
    const stream = new Writable({ write: (_chunk, _encoding, done) => done(error) });
    const ring = new FakeRing(5);
    using lines = new LineWriter(stream);
    const printer = printerFor(ring, lines);
    const printing = printer.printUntil(new AbortController().signal);
    ring.deliver();
    await printing;
    assert.ok(printer.satisfied);
  });
});
