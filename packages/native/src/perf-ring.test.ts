import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import type { PerfRing } from "./bridge.ts";
import { loadBridge } from "./load.ts";
import { granted } from "./testing/granted.ts";
import { errno } from "./testing/kernel-words.ts";
import { pageSize, ScratchFile } from "./testing/memory.ts";

const bridge = loadBridge();
const page = pageSize();
const size = page;
const [headAt, tailAt] = [1024, 1032];
const [lostType, throttleType, sampleType] = [2, 5, 9];

function number(value: bigint): Uint8Array {
  return new Uint8Array(BigUint64Array.of(value).buffer);
}

/** The words of a record as 32-bit numbers behind its header. */
function record(type: number, words: readonly number[], bytes = 8 + 4 * words.length): Uint8Array {
  const data = Uint32Array.of(type, bytes << 16, ...words);
  return new Uint8Array(data.buffer);
}

/** A sample with raw data of `count` words that are all `value`. */
function sample(value: number, count = 3): Uint8Array {
  return record(sampleType, [4 * count, ...Array.from({ length: count }, () => value)]);
}

const lost = (count: number): Uint8Array => record(lostType, [7, 0, count, 0]);

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

  produce(...records: readonly Uint8Array[]): void {
    for (const bytes of records) {
      bytes.forEach((byte, index) => {
        const offset = Number((this.#head + BigInt(index)) & BigInt(size - 1));
        this.file.write(page + offset, Uint8Array.of(byte));
      });
      this.#head += BigInt(bytes.length);
    }
    this.file.write(headAt, number(this.#head));
  }

  [Symbol.dispose](): void {
    bridge.perfClose(this.ring);
    this.file[Symbol.dispose]();
  }
}

/** The first words of what is copied out, or the error. */
function drain({ ring }: FakeRing, room = size, most = 64): number[] | number {
  const bytes = new Uint8Array(room);
  const places = new Int32Array(2 * most);
  const count = bridge.perfDrain(ring, bytes, places);
  if (count < 0) return count;
  const view = new DataView(bytes.buffer);
  return Array.from({ length: count }, (_, index) => view.getUint32(places[2 * index]!, true));
}

function scan({ ring }: FakeRing, most = 64): [count: number, places: Int32Array] {
  const places = new Int32Array(2 * most);
  return [bridge.perfScan(ring, places), places];
}

/** A start from which the second sample of 24 bytes goes round the end. */
const beforeEnd = BigInt(size - 40);

describe("perfDrain", () => {
  it("copies samples and gives their space back", () => {
    using fake = new FakeRing();
    fake.produce(sample(1), sample(2, 5), sample(3));
    assert.equal(bridge.perfPending(fake.ring), 24 + 32 + 24);
    assert.deepEqual(drain(fake), [1, 2, 3]);
    assert.equal(bridge.perfPending(fake.ring), 0);
    assert.deepEqual(drain(fake), []);
  });

  it("puts samples together that go round the end", () => {
    using fake = new FakeRing(beforeEnd);
    fake.produce(sample(1), sample(0x01020304), sample(3));
    const bytes = new Uint8Array(size);
    const places = new Int32Array(64);
    assert.equal(bridge.perfDrain(fake.ring, bytes, places), 3);
    const whole = new Uint32Array(bytes.slice(places[2], places[2]! + places[3]!).buffer);
    assert.deepEqual([...whole], [0x01020304, 0x01020304, 0x01020304]);
  });

  it("counts what was lost, and passes over what it does not know", () => {
    using fake = new FakeRing();
    fake.produce(lost(5), sample(1), record(throttleType, [0, 0]), lost(2), sample(2));
    assert.deepEqual(drain(fake), [1, 2]);
    assert.equal(bridge.perfLost(fake.ring), 7);
  });

  it("stops where there is no room, and goes on from there", () => {
    using fake = new FakeRing();
    fake.produce(sample(1), sample(2), sample(3));
    assert.deepEqual(drain(fake, 16), [1]);
    assert.deepEqual(drain(fake, size, 1), [2]);
    assert.equal(drain(fake, 8), -errno.ENOSPC);
    assert.deepEqual(drain(fake), [3]);
    assert.throws(() => drain(fake, size, 0), RangeError);
  });

  it("refuses records that make no sense, whatever they are", () => {
    const wrong = [
      record(sampleType, [0], 4),
      record(sampleType, [], 16),
      record(sampleType, [100], 16),
      record(sampleType, [0, 0], 64),
      record(sampleType, [0, 0], 12),
      record(lostType, [0, 0], 12),
    ];
    for (const bytes of wrong) {
      using fake = new FakeRing();
      fake.produce(bytes);
      assert.equal(drain(fake), -errno.EIO);
      assert.ok(scan(fake)[0] <= 0, "and finds no sample there");
    }
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 8, maxLength: 256 }), (bytes) => {
        using fake = new FakeRing();
        fake.produce(bytes);
        const found = drain(fake);
        assert.ok(typeof found !== "number" || [-errno.EIO, -errno.ENOSPC].includes(found));
        scan(fake);
      }),
      { numRuns: 50 },
    );
  });
});

describe("perfScan", () => {
  it("shows where samples lie, until they are released", () => {
    using fake = new FakeRing();
    fake.produce(sample(1), sample(2), sample(3));
    const [count, places] = scan(fake);
    assert.deepEqual([count, ...places.slice(0, 6)], [3, 12, 12, 36, 12, 60, 12]);
    assert.equal(scan(fake)[0], 3);
    assert.equal(bridge.perfRelease(fake.ring, 48), 0);
    assert.equal(bridge.perfPending(fake.ring), 24);
    assert.equal(scan(fake)[0], 1);
    assert.equal(bridge.perfRelease(fake.ring, -1), 12);
    assert.equal(bridge.perfPending(fake.ring), 0);
    assert.equal(bridge.perfRelease(fake.ring, -1), 0);
  });

  it("leaves a sample that goes round the end to perfDrain", () => {
    using fake = new FakeRing(beforeEnd);
    fake.produce(sample(1), sample(2), sample(3));
    assert.equal(scan(fake)[0], 1);
    assert.equal(bridge.perfRelease(fake.ring, -1), 12);
    assert.equal(scan(fake)[0], 0);
    assert.deepEqual(drain(fake, size, 1), [2]);
    assert.equal(scan(fake)[0], 1);
  });

  it("counts what was lost once, however often it looks", () => {
    using fake = new FakeRing();
    fake.produce(lost(1), sample(1), lost(2), sample(2));
    assert.equal(scan(fake)[0], 1);
    assert.equal(scan(fake)[0], 1);
    assert.equal(bridge.perfLost(fake.ring), 1);
    bridge.perfRelease(fake.ring, -1);
    assert.equal(scan(fake)[0], 1);
    assert.equal(bridge.perfLost(fake.ring), 3);
  });

  it("releases nothing that it has not found", () => {
    using fake = new FakeRing();
    fake.produce(sample(1), sample(2));
    scan(fake, 1);
    for (const end of [25, 48, 47]) assert.equal(bridge.perfRelease(fake.ring, end), -errno.EINVAL);
    assert.throws(() => bridge.perfRelease(fake.ring, -2), RangeError);
    assert.equal(bridge.perfRelease(fake.ring, 24), 0);
  });
});

describe("perfOpen", () => {
  it("refuses sizes that are no power of two of pages", () => {
    using file = new ScratchFile(4 * page);
    for (const wrong of [0, page - 1, 3 * page]) {
      assert.throws(() => bridge.perfOpen(file.fd, wrong, 0), RangeError);
    }
    assert.equal(bridge.perfOpen(-1, page, 0), -errno.EBADF);
  });

  it("reads a ring that is overwritten by snapshots only", () => {
    using file = new ScratchFile(page + size);
    const newest = size - 48;
    file.write(headAt, number(BigInt.asUintN(64, BigInt(-48))));
    file.write(page + newest, sample(2));
    file.write(page + newest + 24, sample(1));
    const ring = granted(bridge.perfOpen(file.fd, size, 1));
    const bytes = new Uint8Array(size);
    const places = new Int32Array(64);
    assert.equal(bridge.perfSnapshot(ring, bytes, places), 2);
    assert.deepEqual([bytes[places[0]!], bytes[places[2]!]], [2, 1]);
    assert.equal(bridge.perfSnapshot(ring, new Uint8Array(8), places), -errno.ENOSPC);
    assert.equal(bridge.perfDrain(ring, bytes, places), -errno.EBADF);
    assert.equal(bridge.perfScan(ring, places), -errno.EBADF);
    bridge.perfClose(ring);
  });

  it("is over once the ring is closed", () => {
    using fake = new FakeRing();
    assert.equal(
      bridge.perfSnapshot(fake.ring, new Uint8Array(8), new Int32Array(2)),
      -errno.EBADF,
    );
    bridge.perfClose(fake.ring);
    bridge.perfClose(fake.ring);
    assert.equal(drain(fake), -errno.EBADF);
    assert.equal(scan(fake)[0], -errno.EBADF);
    assert.equal(bridge.perfPending(fake.ring), -errno.EBADF);
    assert.equal(bridge.perfRelease(fake.ring, -1), -errno.EBADF);
  });
});
