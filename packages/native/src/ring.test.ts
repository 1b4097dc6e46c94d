import assert from "node:assert/strict";
import { describe, it } from "node:test";
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

/** What `ringFind` finds: bytes and their place, or the error. */
function find(
  { ring }: FakeRing,
  made = 1,
  enough = size,
): [bytes: number, place: number] | number {
  const place = new Int32Array(1);
  const bytes = bridge.ringFind(ring, made, enough, place);
  return bytes < 0 ? bytes : [bytes, place[0]!];
}

describe("ringFind", () => {
  it("tells how many bytes there are and where, and leaves them there", () => {
    using fake = new FakeRing();
    assert.deepEqual(find(fake), [0, 0]);
    fake.produce(record(3), record(8), record(0));
    for (const made of [0, 1, 1, 0]) assert.deepEqual(find(fake, made), [16 + 16 + 8, 0]);
  });

  it("ends before a record that is not made yet, when that is asked for", () => {
    using fake = new FakeRing();
    fake.produce(record(1), record(2, 1, busy), record(3));
    assert.deepEqual(find(fake), [16, 0]);
    assert.deepEqual(find(fake, 0), [48, 0]);
    fake.setHeader(16n, 2);
    assert.deepEqual(find(fake), [48, 0]);
  });

  it("ends before one without bytes that is not made yet", () => {
    using fake = new FakeRing();
    fake.produce(record(0, 1, busy), record(1));
    assert.deepEqual(find(fake), [0, 0]);
  });

  it("takes discarded records for made ones", () => {
    using fake = new FakeRing();
    fake.produce(record(20, 1, discard), record(1));
    assert.deepEqual(find(fake), [32 + 16, 0]);
  });

  it("stops behind the record with which it is enough", () => {
    using fake = new FakeRing();
    fake.produce(record(8), record(8), record(8));
    assert.deepEqual(
      [0, 1, 16, 17, 33].map((enough) => find(fake, 1, enough)),
      [
        [0, 0],
        [16, 0],
        [16, 0],
        [32, 0],
        [48, 0],
      ],
    );
  });

  it("counts the place from the start of the data, and goes on into its second mapping", () => {
    using fake = new FakeRing(BigInt(size - 8));
    fake.produce(record(16), record(8));
    assert.deepEqual(find(fake), [40, size - 8]);
    assert.equal(bridge.ringRelease(fake.ring, 24), 0);
    assert.deepEqual(find(fake), [16, 16]);
  });

  it("follows positions beyond the end of 64 bits", () => {
    using fake = new FakeRing(2n ** 64n - 16n);
    fake.produce(record(24), record(3));
    assert.deepEqual(find(fake), [48, size - 16]);
    assert.equal(bridge.ringRelease(fake.ring, 32), 0);
    assert.deepEqual(find(fake), [16, 16]);
  });

  it("does not follow a position that makes no sense", () => {
    for (const [consumer, producer] of [
      [4n, 16n],
      [16n, 8n],
      [0n, BigInt(size + 8)],
    ] as const) {
      using fake = new FakeRing();
      fake.file.write(0, position(consumer));
      fake.file.write(page, position(producer));
      for (const made of [0, 1]) assert.equal(find(fake, made), -errno.EIO);
    }
  });

  it("does not follow a length that leads past what was produced", () => {
    using fake = new FakeRing();
    fake.produce(record(8), record(8));
    fake.setHeader(16n, 4000);
    assert.deepEqual(find(fake), [32, 0]);
  });

  it("needs somewhere to put the place", () => {
    using fake = new FakeRing();
    assert.throws(
      () => bridge.ringFind(fake.ring, 1, size, new Int32Array(0)),
      /ringFind: place must have an element/,
    );
  });
});

describe("ringRelease", () => {
  it("gives back what is in front", () => {
    using fake = new FakeRing();
    fake.produce(record(8), record(8));
    assert.equal(bridge.ringRelease(fake.ring, 0), 0);
    assert.equal(bridge.ringRelease(fake.ring, 16), 0);
    assert.deepEqual(find(fake), [16, 16]);
    assert.equal(bridge.ringRelease(fake.ring, 16), 0);
    assert.deepEqual(find(fake), [0, 32]);
  });

  it("does not give back what is not there, nor a part of a word", () => {
    using fake = new FakeRing();
    fake.produce(record(8));
    for (const wrong of [24, 12, size]) {
      assert.equal(bridge.ringRelease(fake.ring, wrong), -errno.EINVAL);
    }
    assert.throws(() => bridge.ringRelease(fake.ring, -8), RangeError);
    assert.deepEqual(find(fake), [16, 0]);
  });

  it("knows where readers before it have stopped", () => {
    using fake = new FakeRing(64n);
    fake.produce(record(8));
    assert.deepEqual(find(fake), [16, 64]);
  });

  it("answers with EBADF once the ring is closed", () => {
    using fake = new FakeRing();
    bridge.ringClose(fake.ring);
    bridge.ringClose(fake.ring);
    assert.equal(find(fake), -errno.EBADF);
    assert.equal(bridge.ringRelease(fake.ring, 0), -errno.EBADF);
  });
});
