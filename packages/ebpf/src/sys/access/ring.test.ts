import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ClosedError, MalformedError } from "../../base/errors.ts";
import { errno } from "../call/errno.ts";
import { Fd } from "../fd.ts";
import { type FakeBridge, fakeBridge } from "../testing-bridge.ts";
import { NativeRing } from "./ring.ts";

const page = 4096;
const size = 2 * page;
const busy = 1 << 31;
const discard = 1 << 30;

interface Options {
  readonly start?: bigint;
  /** A processor with another order asks which records are made. */
  readonly inOrder?: boolean;
}

const fd = (bridge: FakeBridge): Fd => new Fd(bridge, 10, { kind: "map", label: 'map "events"' });

/** A ring in plain memory, with the test in the place of the kernel. What the kernel maps twice is written twice. */
class FakeRing {
  readonly ring: NativeRing;
  readonly mapped: (readonly number[])[] = [];
  readonly unmapped: ArrayBuffer[] = [];
  readonly #consumer = new ArrayBuffer(page);
  readonly #memory = new ArrayBuffer(page + 2 * size);
  readonly #words = new Int32Array(this.#memory, page);

  constructor({ start = 0n, inOrder = true }: Options = {}) {
    this.consumer = start;
    this.producer = start;
    const bridge = fakeBridge(() => 0, {
      pageSize: () => page,
      map: (_fd, ...[length, protection, , offset]) => {
        this.mapped.push([offset, length, protection]);
        return offset === 0 ? this.#consumer : this.#memory;
      },
      unmap: (buffer) => this.unmapped.push(buffer) && 0,
    });
    this.ring = new NativeRing(bridge, fd(bridge), size, { inOrder });
  }

  get consumer(): bigint {
    return new BigUint64Array(this.#consumer)[0]!;
  }

  set consumer(to: bigint) {
    new BigUint64Array(this.#consumer)[0] = to;
  }

  get producer(): bigint {
    return new BigUint64Array(this.#memory)[0]!;
  }

  set producer(to: bigint) {
    new BigUint64Array(this.#memory)[0] = to;
  }

  /** Records of these lengths, with a flag each. */
  produce(...records: readonly (readonly [length: number, flag?: number])[]): void {
    for (const [length, flag = 0] of records) {
      this.setHeader(this.producer, length | flag);
      this.producer += BigInt((8 + length + 7) & ~7);
    }
  }

  /** Writes a header over the record at `position`, as a commit does. */
  setHeader(position: bigint, header: number): void {
    const at = Number(position & BigInt(size - 1));
    this.#words[at / 4] = header;
    this.#words[(size + at) / 4] = header;
  }

  find(enough = size): readonly [bytes: number, start: number] {
    const bytes = this.ring.find(enough);
    return [bytes, this.ring.start];
  }
}

describe("NativeRing", () => {
  for (const inOrder of [true, false]) {
    const order = inOrder ? "loads in order" : "loads in any order";

    it(`tells how many bytes there are and where, until they are released: ${order}`, () => {
      const fake = new FakeRing({ inOrder });
      assert.deepEqual(fake.find(), [0, 0]);
      fake.produce([3], [8], [0]);
      assert.deepEqual(fake.find(), [16 + 16 + 8, 0]);
      assert.deepEqual(fake.find(), [16 + 16 + 8, 0], "they stay");
      fake.ring.release(16);
      assert.deepEqual([fake.find(), fake.consumer], [[24, 16], 16n]);
      fake.ring.release(0);
      assert.equal(fake.ring.pendingBytes(), 24);
    });

    it(`goes round the end of the data, of 32 bits and of 64: ${order}`, () => {
      for (const bits of [31n, 32n, 33n, 64n]) {
        const start = 2n ** bits - 16n;
        const fake = new FakeRing({ start, inOrder });
        fake.produce([24], [3]);
        assert.deepEqual(fake.find(), [48, size - 16], `${bits} bits`);
        fake.ring.release(32);
        assert.equal(fake.consumer, BigInt.asUintN(64, start + 32n), `${bits} bits`);
        assert.deepEqual(fake.find(), [16, 16], `${bits} bits`);
        fake.ring.release(16);
        assert.equal(fake.consumer, fake.producer, `${bits} bits`);
      }
    });

    it(`does not follow positions that make no sense: ${order}`, () => {
      for (const [from, to] of [
        [4n, 16n],
        [16n, 8n],
        [0n, BigInt(size + 8)],
      ] as const) {
        const fake = new FakeRing({ inOrder });
        fake.consumer = from;
        fake.producer = to;
        assert.throws(() => fake.find(), MalformedError);
        assert.throws(() => fake.ring.pendingBytes(), /map "events".* are no part of it/);
      }
    });

    it(`knows where readers before it have stopped: ${order}`, () => {
      const fake = new FakeRing({ start: 64n, inOrder });
      fake.produce([8]);
      assert.deepEqual(fake.find(), [16, 64]);
    });
  }

  it("ends before a record that is not made yet, where loads are in any order", () => {
    const [any, inOrder] = [new FakeRing({ inOrder: false }), new FakeRing()];
    for (const fake of [any, inOrder]) fake.produce([1], [2, busy], [3]);
    assert.deepEqual(
      [any.find(), inOrder.find()],
      [
        [16, 0],
        [48, 0],
      ],
    );
    assert.equal(any.ring.pendingBytes(), 48);
    any.setHeader(16n, 2);
    assert.deepEqual(any.find(), [48, 0]);
    any.ring.release(48);
    any.produce([0, busy], [1]);
    assert.deepEqual(any.find(), [0, 48]);
  });

  it("does not release what is not there, nor a part of a word", () => {
    const fake = new FakeRing();
    fake.produce([8]);
    for (const wrong of [24, 12, -8, size, Number.NaN]) {
      assert.throws(() => fake.ring.release(wrong), { name: "InvalidArgumentError" });
    }
    assert.deepEqual([fake.find(), fake.consumer], [[16, 0], 0n]);
  });

  it("takes discarded records for made ones", () => {
    const fake = new FakeRing({ inOrder: false });
    fake.produce([20, discard], [1]);
    assert.deepEqual(fake.find(), [32 + 16, 0]);
  });

  it("looks no further than behind the record with which it is enough", () => {
    const fake = new FakeRing({ inOrder: false });
    fake.produce([8], [8], [8]);
    const found = [0, 1, 16, 17, 33].map((enough) => fake.find(enough)[0]);
    assert.deepEqual(found, [0, 16, 16, 32, 48]);
  });

  it("leaves a length that leads past what was produced to the reader", () => {
    const fake = new FakeRing({ inOrder: false });
    fake.produce([8], [8]);
    fake.setHeader(16n, 4000);
    assert.deepEqual(fake.find(), [32, 0]);
  });

  it("maps a page for writing, and the rest for reading, with its data twice", () => {
    const fake = new FakeRing();
    assert.deepEqual(fake.mapped, [
      [0, page, 3],
      [page, page + 2 * size, 1],
    ]);
    const { data } = fake.ring;
    assert.deepEqual([data.byteOffset, data.byteLength], [page, 2 * size]);
  });

  it("unmaps both, once, and is of no use after that", () => {
    const { ring, unmapped } = new FakeRing();
    ring.close();
    ring.close();
    assert.equal(unmapped.length, 2);
    const isClosed = { name: "ClosedError", message: 'map "events" is closed' };
    for (const use of [
      () => ring.find(8),
      () => ring.release(0),
      () => ring.data,
      () => ring.pendingBytes(),
    ]) {
      assert.throws(use, isClosed);
      assert.throws(use, ClosedError);
    }
  });

  it("tells when it cannot be mapped, and leaves nothing behind", () => {
    let left = 0;
    const bridge = fakeBridge(() => 0, {
      pageSize: () => page,
      map: (_fd, ...[length, , , offset]) =>
        offset === 0 ? (left++, new ArrayBuffer(length)) : -errno.EINVAL,
      unmap: () => -left--,
    });
    assert.throws(() => new NativeRing(bridge, fd(bridge), size), {
      message: 'cannot map map "events" into memory: it is not a ring buffer of this size (EINVAL)',
    });
    assert.equal(left, 0);
  });
});
