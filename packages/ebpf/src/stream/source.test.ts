import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InvalidArgumentError } from "../base/errors.ts";
import { readSource } from "./source.ts";
import { settle, stopClock } from "./testing-clock.ts";
import { collect } from "./testing-collect.ts";
import { TestSource } from "./testing-source.ts";

/** Numbers up to `end`, and then nothing for ever; notes when it is ended. */
async function* counting(end: number, note: (what: string) => void): AsyncGenerator<number, void> {
  try {
    for (let number = 0; number < end; number++) yield number;
    note("waits");
    await new Promise(() => {});
  } finally {
    note("ended");
  }
}

describe("readSource", () => {
  it("reads everything that can be iterated over", async () => {
    assert.deepEqual(await collect(readSource([1, 2], {})), [1, 2]);
    assert.deepEqual(await collect(readSource(new Set([1, 2]), {})), [1, 2]);
    assert.deepEqual(await collect(readSource(new TestSource(1, 2), { limit: 2 })), [1, 2]);
  });

  it("reads a text character by character, and refuses what is no source", async () => {
    assert.deepEqual(await collect(readSource("ab", {})), ["a", "b"]);
    for (const nothing of [undefined, null, 5, {}, { read: 5 }])
      assert.throws(() => readSource(nothing as never, {}), InvalidArgumentError);
  });

  it("ends at the limit, and lets the iterable end", async () => {
    const notes: string[] = [];
    const source = counting(5, (what) => notes.push(what));
    assert.deepEqual(await collect(readSource(source, { limit: 2 })), [0, 1]);
    assert.deepEqual(notes, ["ended"]);
    assert.deepEqual(await collect(readSource([1], { limit: 0 })), []);
  });

  it("ends at the time-out and the signal though the iterable does not answer", async () => {
    using clock = stopClock();
    const notes: string[] = [];
    const stop = new AbortController();
    const note = (what: string) => notes.push(what);
    const timedOut = collect(readSource(counting(2, note), { timeoutMs: 5 }));
    const stopped = collect(readSource(counting(1, note), { signal: stop.signal }));
    await clock.advance(5);
    stop.abort();
    assert.deepEqual([await timedOut, await stopped], [[0, 1], [0]]);
    assert.deepEqual(notes, ["waits", "waits"]);
    assert.deepEqual(await collect(readSource([1, 2], { signal: stop.signal })), []);
  });

  it("throws what the iterable throws", async () => {
    async function* failing(): AsyncGenerator<number> {
      yield 1;
      await settle();
      throw new RangeError("of the source");
    }
    await assert.rejects(collect(readSource(failing(), {})), RangeError);
  });
});
