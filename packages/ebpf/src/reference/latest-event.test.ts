import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ClosedError } from "../base/errors.ts";
import { u32, u64 } from "../layout/integer.ts";
import { transform } from "../layout/transform.ts";
import { encodeValue } from "../layout/value.ts";
import { settle, stopClock } from "../stream/testing-clock.ts";
import { testRing } from "../stream/testing-ring.ts";
import { latestEvent } from "./latest-event.ts";

const bytesOf = (number: bigint): Uint8Array => encodeValue(u64, number);

describe("latestEvent", () => {
  it("is the last event of those that came together", async () => {
    const { ring, write } = testRing(u64);
    write(bytesOf(1n), bytesOf(2n));
    using latest = latestEvent(ring);
    assert.equal(latest.get(), undefined);
    assert.equal(await latest.next(), 2n);
    write(bytesOf(3n));
    assert.equal(latest.get(), 3n);
    assert.deepEqual([latest.count, latest.skipped, latest.errors], [3, 1, 0]);
  });

  it("stays what it was when the last event cannot be decoded", async () => {
    const { ring, write } = testRing(u64);
    using latest = latestEvent(ring);
    write(bytesOf(1n));
    const next = latest.next();
    write(encodeValue(u32, 2));
    assert.equal(latest.get(), 1n);
    assert.equal(latest.errors, 1);
    write(bytesOf(3n));
    assert.equal(await next, 3n);
  });

  it("ends at the time-out and the signal, and when it or the ring is closed", async () => {
    using clock = stopClock();
    const { ring } = testRing(u64);
    const stop = new AbortController();
    const latest = latestEvent(ring);
    const ending = [
      latest.next({ timeoutMs: 3 }),
      latest.next({ signal: stop.signal }),
      latest.next(),
    ];
    await clock.advance(3);
    stop.abort();
    latest.close();
    assert.deepEqual(await Promise.all(ending), [undefined, undefined, undefined]);
    assert.throws(() => latest.get(), ClosedError);
    await assert.rejects(latest.next(), ClosedError);

    const closing = latestEvent(ring).next();
    ring.close();
    await settle();
    assert.equal(await closing, undefined);
  });

  it("is closed at once by a signal that was given before", async () => {
    const { ring, write } = testRing(u64);
    const latest = latestEvent(ring, { signal: AbortSignal.abort() });
    write(bytesOf(1n));
    assert.throws(() => latest.get(), ClosedError);
    await assert.rejects(latest.next(), ClosedError);
    assert.equal(ring.waiting.size, 0);
  });

  it("tells those who wait what decoding throws", async () => {
    const failing = transform(u64, {
      decode: (): bigint => {
        throw new RangeError("no such number");
      },
      encode: (number: bigint) => number,
    });
    const { ring, write } = testRing(failing);
    const latest = latestEvent(ring);
    const next = latest.next();
    write(bytesOf(1n));
    await assert.rejects(next, /no such number/);
    assert.throws(() => latest.get(), /no such number/);
    assert.equal(ring.waiting.size, 0);
  });
});
