import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import type { Ring } from "./bridge.ts";
import { loadBridge } from "./load.ts";
import { collectUntil } from "./testing/collect.ts";
import { granted } from "./testing/granted.ts";
import { errno } from "./testing/kernel-words.ts";
import { pageSize, ScratchFile } from "./testing/memory.ts";

const bridge = loadBridge();
const page = pageSize();
const size = page;
const busy = 1 << 31;
const discard = 1 << 30;

interface Record {
  readonly data: Uint8Array;
  readonly flag?: number;
}

/**
 * A file laid out as the kernel lays out a ring buffer (kernel/bpf/ringbuf.c), with us in the place of the kernel. The
 * kernel maps the data twice; a file cannot, so each byte is written twice.
 */
class FakeRing implements Disposable {
  readonly file: ScratchFile = new ScratchFile(2 * page + 2 * size);
  readonly ring: Ring;
  #produced: bigint;

  constructor(start = 0n) {
    this.#produced = start;
    this.file.write(0, position(start));
    this.file.write(page, position(start));
    this.ring = granted(bridge.ringOpen(this.file.fd, size));
  }

  produce(...records: readonly Record[]): void {
    for (const { data, flag = 0 } of records) {
      const bytes = new Uint8Array(8 + data.length + (-data.length & 7));
      new DataView(bytes.buffer).setInt32(0, data.length | flag, true);
      bytes.set(data, 8);
      bytes.forEach((byte, index) => this.#put(this.#produced + BigInt(index), byte));
      this.#produced += BigInt(bytes.length);
    }
    this.file.write(page, position(this.#produced));
  }

  /** Writes a header over the record at `at`, as a commit does. */
  setHeader(at: bigint, length: number): void {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setInt32(0, length, true);
    bytes.forEach((byte, index) => this.#put(at + BigInt(index), byte));
  }

  #put(at: bigint, byte: number): void {
    const offset = Number(at & BigInt(size - 1));
    this.file.write(2 * page + offset, Uint8Array.of(byte));
    this.file.write(2 * page + size + offset, Uint8Array.of(byte));
  }

  [Symbol.dispose](): void {
    bridge.ringClose(this.ring);
    this.file[Symbol.dispose]();
  }
}

function position(value: bigint): Uint8Array {
  return new Uint8Array(BigUint64Array.of(value).buffer);
}

function record(length: number, fill = 1, flag = 0): Record {
  return { data: new Uint8Array(length).fill(fill), flag };
}

interface Limits {
  readonly room?: number;
  readonly most?: number;
  readonly consume?: number;
}

/** What a drain copied, record by record, or its error. */
function drain(
  { ring }: FakeRing,
  { room = 4096, most = 64, consume = 1 }: Limits = {},
): Uint8Array[] | number {
  const bytes = new Uint8Array(room);
  const places = new Int32Array(2 * most).fill(-1);
  const count = bridge.ringDrain(ring, bytes, places, consume);
  if (count < 0) return count;
  return Array.from({ length: count }, (_, index) => {
    const [start = -1, length = -1] = places.subarray(2 * index);
    assert.equal(start % 8, 0);
    return bytes.slice(start, start + length);
  });
}

function lengths(drained: Uint8Array[] | number): number[] | number {
  return typeof drained === "number" ? drained : drained.map(({ length }) => length);
}

describe("ringOpen", () => {
  it("refuses a size that no ring has", () => {
    using file = new ScratchFile(1);
    for (const wrong of [page / 2, page * 3, page + 8, 1]) {
      assert.throws(
        () => bridge.ringOpen(file.fd, wrong),
        /ringOpen: size must be a power of two of whole pages/,
      );
    }
    for (const wrong of [0, -1, 2 ** 31]) {
      assert.throws(() => bridge.ringOpen(file.fd, wrong), RangeError);
    }
  });

  it("returns what the kernel refuses as a number", () => {
    assert.equal(bridge.ringOpen(-1, size), -errno.EBADF);
  });

  it("unmaps when the ring is closed, and when it is collected", async () => {
    using fake = new FakeRing();
    assert.equal(fake.file.mappings(), 2);
    bridge.ringClose(fake.ring);
    assert.equal(fake.file.mappings(), 0);
    for (let count = 0; count < 20; count++) bridge.ringOpen(fake.file.fd, size);
    assert.ok(await collectUntil(() => fake.file.mappings() === 0));
  });
});

describe("ringDrain", () => {
  it("copies records in order, each at a multiple of 8", () => {
    using fake = new FakeRing();
    assert.deepEqual(drain(fake), []);
    const records = [
      record(1, 1),
      record(8, 2),
      record(9, 3),
      record(0),
      record(64, 4),
      record(77, 5),
    ];
    fake.produce(...records);
    assert.deepEqual(
      drain(fake),
      records.map(({ data }) => data),
    );
    assert.deepEqual(drain(fake), []);
    assert.equal(bridge.ringPending(fake.ring), 0);
  });

  it("leaves records where they are unless told to consume", () => {
    using fake = new FakeRing();
    fake.produce(record(8), record(16));
    assert.deepEqual(lengths(drain(fake, { consume: 0 })), [8, 16]);
    assert.equal(bridge.ringPending(fake.ring), 40);
    assert.deepEqual(lengths(drain(fake)), [8, 16]);
    assert.equal(bridge.ringPending(fake.ring), 0);
  });

  it("stops at a record that is not committed yet", () => {
    using fake = new FakeRing();
    fake.produce(record(8), record(8, 1, busy), record(24));
    assert.deepEqual(lengths(drain(fake)), [8]);
    assert.deepEqual(lengths(drain(fake)), []);
    fake.setHeader(16n, 8);
    assert.deepEqual(lengths(drain(fake)), [8, 24]);
  });

  it("passes over discarded records and gives their space back", () => {
    using fake = new FakeRing();
    fake.produce(record(100, 1, discard), record(8, 1, discard));
    assert.deepEqual(drain(fake), []);
    assert.equal(bridge.ringPending(fake.ring), 0);
    fake.produce(record(8, 1, discard), record(8), record(8, 1, discard));
    assert.deepEqual(lengths(drain(fake, { most: 1 })), [8]);
    assert.equal(bridge.ringPending(fake.ring), 0);
  });

  it("stops where bytes or places are full, and goes on there", () => {
    using fake = new FakeRing();
    fake.produce(record(8), record(20), record(8), record(8), record(1));
    assert.deepEqual(lengths(drain(fake, { most: 1 })), [8]);
    assert.deepEqual(lengths(drain(fake, { room: 31 })), [20]);
    assert.deepEqual(lengths(drain(fake, { room: 16 })), [8, 8]);
    assert.deepEqual(lengths(drain(fake, { room: 1 })), [1]);
  });

  it("fills memory to its last byte and no further", () => {
    using fake = new FakeRing();
    fake.produce(record(8), record(61, 9), record(8), record(0));
    const memory = new Uint8Array(80).fill(0xee);
    const places = new Int32Array(8);
    assert.equal(bridge.ringDrain(fake.ring, memory.subarray(0, 69), places, 1), 2);
    assert.deepEqual([...places], [0, 8, 8, 61, 0, 0, 0, 0]);
    assert.ok(memory.subarray(8, 69).every((byte) => byte === 9));
    assert.ok(memory.subarray(69).every((byte) => byte === 0xee));
    assert.deepEqual(lengths(drain(fake)), [8, 0]);
  });

  it("says when there is no room for the first record, and has passed over what was discarded", () => {
    using fake = new FakeRing();
    fake.produce(record(8, 1, discard), record(9));
    assert.equal(drain(fake, { room: 8 }), -errno.ENOSPC);
    assert.equal(bridge.ringPending(fake.ring), 24);
    assert.deepEqual(lengths(drain(fake, { room: 9 })), [9]);
    fake.produce(record(0), record(1));
    assert.deepEqual(lengths(drain(fake, { room: 0 })), [0]);
    assert.equal(drain(fake, { room: 0 }), -errno.ENOSPC);
  });

  it("needs a place for at least one record", () => {
    using fake = new FakeRing();
    const none = () => bridge.ringDrain(fake.ring, new Uint8Array(8), new Int32Array(1), 1);
    assert.throws(none, /ringDrain: places must have two elements per record/);
  });

  it("reads a record that passes the end of the data in one piece", () => {
    using fake = new FakeRing(BigInt(size - 16));
    const data = Uint8Array.from({ length: 40 }, (_, index) => index);
    fake.produce({ data });
    assert.deepEqual(drain(fake), [data]);
  });

  it("follows positions beyond the end of 64 bits", () => {
    using fake = new FakeRing(2n ** 64n - 16n);
    fake.produce(record(8), record(30, 2), record(8));
    assert.equal(bridge.ringPending(fake.ring), 16 + 40 + 16);
    assert.deepEqual(lengths(drain(fake)), [8, 30, 8]);
    assert.equal(bridge.ringPending(fake.ring), 0);
  });

  it("does not follow a position that makes no sense", () => {
    using fake = new FakeRing();
    fake.produce(record(8), record(8));
    for (const wrong of [8n * BigInt(size), 4n, 2n ** 64n - 8n * BigInt(size), 33n, 40n]) {
      fake.file.write(0, position(wrong));
      assert.equal(drain(fake), -errno.EIO, String(wrong));
    }
    fake.file.write(0, position(0n));
    assert.deepEqual(lengths(drain(fake)), [8, 8]);
  });

  it("does not follow a length that leads past what was produced", () => {
    using fake = new FakeRing();
    fake.produce(record(8), record(8));
    fake.setHeader(16n, 9);
    assert.deepEqual(lengths(drain(fake)), [8]);
    assert.equal(drain(fake), -errno.EIO);
    fake.setHeader(16n, 0x3fff_ffff);
    assert.equal(drain(fake), -errno.EIO);
    fake.setHeader(16n, 0x3fff_ffff | discard);
    assert.equal(drain(fake), -errno.EIO);
  });

  it("answers with EBADF once the ring is closed", () => {
    using fake = new FakeRing();
    assert.equal(bridge.ringClose(fake.ring), 0);
    assert.equal(bridge.ringClose(fake.ring), 0);
    assert.equal(drain(fake), -errno.EBADF);
    assert.equal(bridge.ringPending(fake.ring), -errno.EBADF);
  });

  it("returns what was produced, whatever the batches", () => {
    const anyRecord = fc.record({
      data: fc.uint8Array({ maxLength: 100 }),
      flag: fc.constantFrom(0, 0, 0, discard),
    });
    const start = fc.bigInt(0n, 2n ** 61n - 1n).map((eighth) => eighth * 8n);
    const limits = fc.record({
      room: fc.integer({ min: 100, max: 400 }),
      most: fc.integer({ min: 1, max: 9 }),
    });
    fc.assert(
      fc.property(start, fc.array(anyRecord, { maxLength: 30 }), limits, (from, records, limit) => {
        using fake = new FakeRing(from);
        fake.produce(...records);
        const read: Uint8Array[] = [];
        for (let batch = drain(fake, limit); ; batch = drain(fake, limit)) {
          assert.ok(Array.isArray(batch), String(batch));
          if (batch.length === 0) break;
          read.push(...batch);
        }
        const kept = records.filter(({ flag }) => flag === 0).map(({ data }) => data);
        assert.deepEqual(read, kept);
        assert.equal(bridge.ringPending(fake.ring), 0);
      }),
      { numRuns: 60 },
    );
  });
});

/** Starts and lengths of what a scan finds, or its error. */
function scan({ ring }: FakeRing, most = 64): [number, number][] | number {
  const places = new Int32Array(2 * most).fill(-1);
  const count = bridge.ringScan(ring, places);
  if (count < 0) return count;
  return Array.from({ length: count }, (_, index) => {
    const [start = -1, length = -1] = places.subarray(2 * index);
    return [start, length];
  });
}

describe("ringScan", () => {
  it("tells where records lie, and leaves them there", () => {
    using fake = new FakeRing();
    fake.produce(record(8), record(9), record(8, 1, discard), record(0), record(8, 1, busy));
    const places = [
      [8, 8],
      [24, 9],
      [64, 0],
    ];
    assert.deepEqual(scan(fake), places);
    assert.deepEqual(scan(fake), places);
    assert.deepEqual(scan(fake, 1), places.slice(0, 1));
    assert.equal(bridge.ringPending(fake.ring), 16 + 24 + 16 + 8 + 16);
  });

  it("counts places from the start of the data, on into its second mapping", () => {
    using fake = new FakeRing(BigInt(3 * size - 16));
    fake.produce(record(40), record(8));
    assert.deepEqual(scan(fake), [
      [size - 8, 40],
      [40, 8],
    ]);
  });

  it("does not follow what makes no sense", () => {
    using fake = new FakeRing();
    fake.produce(record(8));
    fake.file.write(0, position(4n));
    assert.equal(scan(fake), -errno.EIO);
    assert.throws(
      () => bridge.ringScan(fake.ring, new Int32Array(1)),
      /ringScan: places must have two elements/,
    );
  });
});

describe("ringRelease", () => {
  it("gives back up to the end of a record", () => {
    using fake = new FakeRing(BigInt(size - 16));
    fake.produce(record(40, 1), record(9, 2), record(8, 3));
    assert.deepEqual(lengths(drain(fake, { consume: 0 })), [40, 9, 8]);
    scan(fake);
    assert.equal(bridge.ringRelease(fake.ring, size - 8 + 40), 40);
    assert.equal(bridge.ringPending(fake.ring), 24 + 16);
    assert.equal(bridge.ringRelease(fake.ring, 40 + 9), 9);
    assert.deepEqual(drain(fake), [record(8, 3).data]);
  });

  it("counts the bytes in records, whatever was released or drained before", () => {
    using fake = new FakeRing();
    fake.produce(record(1), record(20, 1, discard), record(3), record(5), record(7));
    scan(fake);
    drain(fake, { most: 1 });
    assert.equal(bridge.ringRelease(fake.ring, 16 + 32 + 8 + 3), 3);
    assert.equal(bridge.ringRelease(fake.ring, -1), 12);
    fake.produce(record(9));
    scan(fake);
    assert.equal(bridge.ringRelease(fake.ring, -1), 9);
  });

  it("gives back everything the scan has passed, discarded records too", () => {
    using fake = new FakeRing();
    fake.produce(record(8), record(8, 1, discard));
    scan(fake);
    fake.produce(record(8));
    assert.equal(bridge.ringRelease(fake.ring, -1), 8);
    assert.equal(bridge.ringPending(fake.ring), 16);
    assert.equal(bridge.ringRelease(fake.ring, -1), 0);
    assert.equal(bridge.ringPending(fake.ring), 16);
  });

  it("does not give back what was not scanned", () => {
    using fake = new FakeRing();
    fake.produce(record(8), record(8));
    assert.equal(bridge.ringRelease(fake.ring, 16), -errno.EINVAL);
    scan(fake, 1);
    assert.equal(bridge.ringRelease(fake.ring, 32), -errno.EINVAL);
    assert.equal(bridge.ringRelease(fake.ring, 16), 8);
    assert.throws(() => bridge.ringRelease(fake.ring, -2), RangeError);
    bridge.ringClose(fake.ring);
    assert.equal(bridge.ringRelease(fake.ring, 0), -errno.EBADF);
    assert.equal(scan(fake), -errno.EBADF);
  });

  it("never takes back what was drained since", () => {
    using fake = new FakeRing();
    fake.produce(record(8), record(8), record(8));
    scan(fake, 1);
    drain(fake, { most: 2 });
    assert.equal(bridge.ringRelease(fake.ring, -1), 0);
    assert.equal(bridge.ringPending(fake.ring), 16);
    assert.equal(bridge.ringRelease(fake.ring, 16), -errno.EINVAL);
    assert.deepEqual(lengths(drain(fake)), [8]);
  });

  it("does not take back what another reader has consumed", () => {
    using fake = new FakeRing();
    fake.produce(record(8), record(8));
    scan(fake, 1);
    fake.file.write(0, position(32n));
    assert.equal(bridge.ringRelease(fake.ring, -1), -errno.EINVAL);
    assert.equal(bridge.ringPending(fake.ring), 0);
  });

  it("knows where readers before it have stopped", () => {
    using fake = new FakeRing(64n);
    assert.equal(bridge.ringRelease(fake.ring, -1), 0);
    assert.deepEqual(lengths(drain(fake)), []);
    fake.produce(record(8));
    assert.deepEqual(lengths(drain(fake)), [8]);
  });
});
