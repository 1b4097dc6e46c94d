import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { settle } from "./testing-clock.ts";
import { TestSource } from "./testing-source.ts";
import { webStream } from "./web-stream.ts";

describe("webStream", () => {
  it("takes an event from the source when it is read, not before", async () => {
    const source = new TestSource(1, 2, 3);
    const reader = webStream(source).getReader();
    await settle();
    assert.equal(source.left, 3);
    assert.deepEqual(await reader.read(), { done: false, value: 1 });
    await settle();
    assert.equal(source.left, 2);
    await reader.cancel();
  });

  it("leaves the next event to others when it is cancelled while it waits", async () => {
    const source = new TestSource<number>();
    const reader = webStream(source).getReader();
    const waiting = reader.read();
    await settle();
    await reader.cancel();
    assert.deepEqual(await waiting, { done: true, value: undefined });
    assert.equal(source.readers, 0);
    source.push(1);
    await settle();
    assert.equal(source.left, 1);
  });

  it("closes when the source or the options end it", async () => {
    const read = async (stream: ReadableStream<number>) => {
      const found: number[] = [];
      for await (const number of stream) found.push(number);
      return found;
    };
    const source = new TestSource(1, 2, 3);
    assert.deepEqual(await read(webStream(source, { limit: 1 })), [1]);
    assert.deepEqual(await read(webStream(source, { signal: AbortSignal.abort() })), []);
    source.end();
    assert.deepEqual(await read(webStream(source)), [2, 3]);
  });

  it("fails when the source does", async () => {
    const source = new TestSource(1);
    source.push(new RangeError("of the source"));
    const reader = webStream(source).getReader();
    await reader.read();
    await assert.rejects(reader.read(), RangeError);
  });
});
