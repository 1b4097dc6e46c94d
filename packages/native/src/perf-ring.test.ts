import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { PerfRing } from "./bridge.ts";
import { loadBridge } from "./load.ts";
import { granted } from "./testing/granted.ts";
import { errno } from "./testing/kernel-words.ts";
import { pageSize, ScratchFile } from "./testing/memory.ts";

const bridge = loadBridge();
const page = pageSize();
const size = page;
const [headAt, tailAt] = [1024, 1032];

function number(value: bigint): Uint8Array {
  return new Uint8Array(BigUint64Array.of(value).buffer);
}

/** A file laid out as the kernel lays out the ring of a perf event, with us in the place of the kernel. */
class FakeRing implements Disposable {
  readonly file: ScratchFile = new ScratchFile(page + size);
  readonly ring: PerfRing;
  #head: bigint;

  constructor(start = 0n) {
    this.#head = start;
    this.file.write(tailAt, number(start));
    this.file.write(headAt, number(start));
    this.ring = granted(bridge.perfOpen(this.file.fd, size, 0));
  }

  produce(bytes: number): void {
    this.#head += BigInt(bytes);
    this.file.write(headAt, number(this.#head));
  }

  [Symbol.dispose](): void {
    bridge.perfClose(this.ring);
    this.file[Symbol.dispose]();
  }
}

/** What `perfFind` finds: bytes and their place, or the error. */
function find(ring: PerfRing): [bytes: number, place: number] | number {
  const place = new Int32Array(1);
  const bytes = bridge.perfFind(ring, place);
  return bytes < 0 ? bytes : [bytes, place[0]!];
}

describe("the ring of a perf event", () => {
  it("refuses sizes that are no power of two of pages", () => {
    using file = new ScratchFile(4 * page);
    for (const wrong of [0, page - 1, 3 * page]) {
      assert.throws(() => bridge.perfOpen(file.fd, wrong, 0), RangeError);
    }
    assert.equal(bridge.perfOpen(-1, page, 0), -errno.EBADF);
  });

  it("tells how many bytes there are and where, until they are released", () => {
    using fake = new FakeRing();
    assert.deepEqual(find(fake.ring), [0, 0]);
    fake.produce(56);
    assert.deepEqual(find(fake.ring), [56, 0]);
    assert.equal(bridge.perfRelease(fake.ring, 24), 0);
    assert.deepEqual(find(fake.ring), [32, 24]);
  });

  it("goes round the end, also of 64 bits", () => {
    using fake = new FakeRing(2n ** 64n - 16n);
    fake.produce(40);
    assert.deepEqual(find(fake.ring), [40, size - 16]);
    assert.equal(bridge.perfRelease(fake.ring, 24), 0);
    assert.deepEqual(find(fake.ring), [16, 8]);
  });

  it("does not give back what is not there, nor a part of a word", () => {
    using fake = new FakeRing();
    fake.produce(24);
    for (const wrong of [32, 12]) {
      assert.equal(bridge.perfRelease(fake.ring, wrong), -errno.EINVAL);
    }
    assert.deepEqual(find(fake.ring), [24, 0]);
  });

  it("does not follow a position that makes no sense", () => {
    for (const [tail, head] of [
      [4n, 16n],
      [16n, 8n],
      [0n, BigInt(size + 8)],
    ] as const) {
      using fake = new FakeRing();
      fake.file.write(tailAt, number(tail));
      fake.file.write(headAt, number(head));
      assert.equal(find(fake.ring), -errno.EIO);
    }
  });

  it("shows all of a ring that is overwritten, from its head on", () => {
    using file = new ScratchFile(page + size);
    const ring = granted(bridge.perfOpen(file.fd, size, 1));
    file.write(headAt, number(2n ** 64n - 24n));
    assert.deepEqual(find(ring), [size, size - 24]);
    assert.equal(bridge.perfRelease(ring, 0), -errno.EBADF);
    bridge.perfClose(ring);
  });

  it("needs somewhere to put the place", () => {
    using fake = new FakeRing();
    assert.throws(
      () => bridge.perfFind(fake.ring, new Int32Array(0)),
      /perfFind: place must have an element/,
    );
  });

  it("is over once the ring is closed", () => {
    using fake = new FakeRing();
    bridge.perfClose(fake.ring);
    bridge.perfClose(fake.ring);
    assert.equal(find(fake.ring), -errno.EBADF);
    assert.equal(bridge.perfRelease(fake.ring, 0), -errno.EBADF);
  });
});
