import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ClosedError, MalformedError } from "../../base/errors.ts";
import { Caller } from "../call/caller.ts";
import { architectureNamed } from "../machine/architecture.ts";
import { fakeBridge } from "../testing-bridge.ts";
import { NativePerfRing } from "./perf-ring.ts";

const page = 4096;
const size = 2 * page;
const head = 1024;
const tail = 1032;

/** A ring in plain memory, with the test in the place of the kernel. */
class FakeRing {
  readonly protections: number[] = [];
  readonly unmapped: ArrayBuffer[] = [];
  readonly closed: readonly number[];
  readonly ring: NativePerfRing;
  readonly #positions: BigUint64Array;

  constructor({ mode = "keep", start = 0n }: { mode?: "keep" | "overwrite"; start?: bigint } = {}) {
    const memory = new ArrayBuffer(page + size);
    this.#positions = new BigUint64Array(memory);
    this.move(head, start);
    this.move(tail, start);
    const bridge = fakeBridge(() => 0, {
      pageSize: () => page,
      perfEventOpen: () => 7,
      map: (_fd, _length, protection) => {
        this.protections.push(protection);
        return memory;
      },
      unmap: (buffer) => this.unmapped.push(buffer) && 0,
    });
    this.closed = bridge.closed;
    const request = { cpu: 0, pages: size / page, wakeup: { events: 1 }, mode } as const;
    this.ring = new NativePerfRing(new Caller(bridge, [6, 18]), architectureNamed("x64"), request);
  }

  move(position: number, to: bigint): void {
    this.#positions[position / 8] = to;
  }

  at(position: number): bigint {
    return this.#positions[position / 8]!;
  }

  /** Bytes that there are, and where. */
  find(): [bytes: number, start: number] {
    const bytes = this.ring.find();
    return [bytes, this.ring.start];
  }
}

describe("NativePerfRing", () => {
  it("tells how many bytes there are and where, until they are released", () => {
    const fake = new FakeRing();
    assert.deepEqual(fake.find(), [0, 0]);
    fake.move(head, 56n);
    assert.deepEqual(fake.find(), [56, 0]);
    fake.ring.release(24);
    assert.equal(fake.at(tail), 24n);
    assert.deepEqual(fake.find(), [32, 24]);
    assert.equal(fake.ring.pendingBytes(), 32);
  });

  it("goes round the end of the ring, of 32 bits and of 64", () => {
    for (const bits of [31n, 32n, 33n, 64n]) {
      const start = 2n ** bits - 16n;
      const fake = new FakeRing({ start });
      fake.move(head, start + 40n);
      assert.deepEqual(fake.find(), [40, size - 16], `${bits} bits`);
      fake.ring.release(24);
      assert.equal(fake.at(tail), BigInt.asUintN(64, start + 24n), `${bits} bits`);
      assert.deepEqual(fake.find(), [16, 8], `${bits} bits`);
      fake.ring.release(16);
      assert.equal(fake.at(tail), fake.at(head), `${bits} bits`);
    }
  });

  it("does not follow positions that make no sense", () => {
    for (const [from, to] of [
      [4n, 16n],
      [16n, 8n],
      [0n, BigInt(size + 8)],
    ] as const) {
      const fake = new FakeRing({ start: from });
      fake.move(head, to);
      assert.throws(() => fake.ring.find(), MalformedError);
    }
  });

  it("is mapped for writing where what was not read is kept, and shows its data for reading", () => {
    const fake = new FakeRing();
    assert.deepEqual([fake.ring.data.byteLength, fake.ring.data.byteOffset], [size, page]);
    assert.deepEqual(fake.protections, [3, 1]);
  });

  it("shows all of a ring that is overwritten, from its head on", () => {
    const fake = new FakeRing({ mode: "overwrite" });
    assert.deepEqual(fake.protections, [1]);
    fake.move(head, 2n ** 64n - 24n);
    assert.deepEqual(fake.find(), [size, size - 24]);
    assert.equal(fake.ring.pendingBytes(), 0);
  });

  it("unmaps both and closes the event, once", () => {
    const fake = new FakeRing();
    assert.equal(fake.ring.data.byteLength, size);
    fake.ring.close();
    fake.ring.close();
    assert.equal(fake.unmapped.length, 2);
    assert.deepEqual(fake.closed, [7]);
    assert.throws(() => fake.ring.find(), ClosedError);
    assert.throws(() => fake.ring.release(0), ClosedError);
    assert.throws(() => fake.ring.data, ClosedError);
  });
});
