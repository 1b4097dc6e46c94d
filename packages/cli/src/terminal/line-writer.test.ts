import assert from "node:assert/strict";
import { PassThrough, Writable } from "node:stream";
import { describe, it } from "node:test";
import { CapturedStream } from "../testing/captured.ts";
import { LineWriter } from "./line-writer.ts";

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/** A stream that counts writes, and fails with `code` when there is one. */
class Sink extends Writable {
  writes = 0;
  readonly #code: string | undefined;

  constructor(code?: string) {
    super({ decodeStrings: false });
    this.#code = code;
  }

  override _write(_chunk: string, _encoding: string, done: (error?: Error) => void): void {
    this.writes += 1;
    done(
      this.#code === undefined ? undefined : Object.assign(new Error("no"), { code: this.#code }),
    );
  }
}

describe("LineWriter", () => {
  it("writes the lines of a turn together", async () => {
    const sink = new Sink();
    using lines = new LineWriter(sink);
    for (const line of ["a", "b", "c"]) lines.write(line);
    assert.equal(sink.writes, 0);
    await turn();
    assert.equal(sink.writes, 1);
  });

  it("puts line ends behind lines", async () => {
    const stream = new CapturedStream();
    using lines = new LineWriter(stream);
    lines.write("a");
    lines.write("");
    await lines.settled();
    assert.equal(stream.text, "a\n\n");
  });

  it("writes a lot within a turn", () => {
    const stream = new PassThrough({ highWaterMark: 1 << 20 });
    using lines = new LineWriter(stream);
    lines.write("x".repeat(1 << 16));
    assert.equal(stream.readableLength, (1 << 16) + 1);
  });

  it("is full until the reader has read", async () => {
    const stream = new PassThrough({ highWaterMark: 10 });
    using lines = new LineWriter(stream);
    let room = 0;
    lines.onRoom = () => (room += 1);
    lines.write("x".repeat(40));
    lines.flush();
    assert.ok(lines.full);
    const settled = lines.settled();
    assert.equal(room, 0);
    stream.resume();
    await settled;
    assert.ok(!lines.full);
    assert.equal(room, 1);
  });

  for (const code of ["EPIPE", "EIO"]) {
    it(`is broken, not failed, when the reader has gone away (${code})`, async () => {
      using lines = new LineWriter(new Sink(code));
      let told = 0;
      lines.onBroken = () => (told += 1);
      lines.write("a");
      await turn();
      assert.ok(lines.broken);
      assert.equal(told, 1);
      lines.write("b");
      await lines.settled();
    });
  }

  it("fails when it cannot write for another reason", async () => {
    using lines = new LineWriter(new Sink("ENOSPC"));
    lines.write("a");
    await turn();
    assert.ok(lines.broken);
    await assert.rejects(() => lines.settled(), { code: "ENOSPC" });
  });

  it("writes what is left when it is disposed of", () => {
    const stream = new CapturedStream();
    {
      using lines = new LineWriter(stream);
      lines.write("last");
    }
    assert.equal(stream.text, "last\n");
    assert.equal(stream.listenerCount("drain"), 0);
  });
});
