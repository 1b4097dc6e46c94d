import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { UserRing } from "./bridge.ts";
import { loadBridge } from "./load.ts";
import { granted } from "./testing/granted.ts";
import { errno } from "./testing/kernel-words.ts";
import { pageSize, ScratchFile } from "./testing/memory.ts";

const bridge = loadBridge();
const page = pageSize();
const size = page;

/** A file laid out as the kernel lays out a user ring buffer, with us in the place of the kernel. */
class FakeRing implements Disposable {
  readonly file: ScratchFile = new ScratchFile(2 * page + 2 * size);
  readonly ring: UserRing;

  constructor() {
    this.ring = granted(bridge.userRingOpen(this.file.fd, size));
  }

  /** The program has taken everything before this position. */
  consume(position: number): void {
    this.file.write(0, new Uint8Array(BigUint64Array.of(BigInt(position)).buffer));
  }

  [Symbol.dispose](): void {
    bridge.userRingClose(this.ring);
    this.file[Symbol.dispose]();
  }
}

describe("userRingReserve", () => {
  it("gives out places one behind the other, and goes round", () => {
    using fake = new FakeRing();
    assert.equal(bridge.userRingReserve(fake.ring, 12), 8);
    assert.equal(bridge.userRingReserve(fake.ring, 8), 32);
    assert.equal(bridge.userRingPending(fake.ring), 40);
    assert.equal(bridge.userRingReserve(fake.ring, size - 48), 48);
    assert.equal(bridge.userRingReserve(fake.ring, 0), -errno.ENOSPC);
    fake.consume(40);
    assert.equal(bridge.userRingReserve(fake.ring, 32), 8);
    assert.equal(bridge.userRingReserve(fake.ring, 0), -errno.ENOSPC);
  });

  it("refuses what never fits", () => {
    using fake = new FakeRing();
    assert.equal(bridge.userRingReserve(fake.ring, size - 7), -errno.E2BIG);
    assert.throws(() => bridge.userRingReserve(fake.ring, -1), RangeError);
  });

  it("does not believe positions that make no sense", () => {
    using fake = new FakeRing();
    fake.consume(64);
    assert.equal(bridge.userRingReserve(fake.ring, 8), -errno.EIO);
  });
});

describe("userRingSettle", () => {
  it("takes each record once", () => {
    using fake = new FakeRing();
    const place = bridge.userRingReserve(fake.ring, 8);
    assert.equal(bridge.userRingSettle(fake.ring, place, 1), 0);
    assert.equal(bridge.userRingSettle(fake.ring, place, 1), -errno.EINVAL);
    const other = bridge.userRingReserve(fake.ring, 8);
    assert.equal(bridge.userRingSettle(fake.ring, other, 0), 0);
  });

  it("refuses places where nothing is reserved", () => {
    using fake = new FakeRing();
    for (const place of [0, 7, 9, 16, size + 8, 2 ** 31 - 8])
      assert.equal(bridge.userRingSettle(fake.ring, place, 1), -errno.EINVAL, `${place}`);
  });
});

describe("userRingOpen", () => {
  it("refuses sizes that are no power of two of pages", () => {
    using file = new ScratchFile(8 * page);
    for (const wrong of [0, page - 1, 3 * page]) {
      assert.throws(() => bridge.userRingOpen(file.fd, wrong), RangeError);
    }
    assert.equal(bridge.userRingOpen(-1, page), -errno.EBADF);
  });

  it("is over once the ring is closed", () => {
    using fake = new FakeRing();
    bridge.userRingClose(fake.ring);
    bridge.userRingClose(fake.ring);
    assert.equal(bridge.userRingReserve(fake.ring, 8), -errno.EBADF);
    assert.equal(bridge.userRingSettle(fake.ring, 8, 1), -errno.EBADF);
    assert.equal(bridge.userRingPending(fake.ring), -errno.EBADF);
  });
});

describe("epollTake", () => {
  it("finds nothing in an empty set", () => {
    const set = bridge.epollCreate();
    assert.equal(bridge.epollTake(set), 0);
    bridge.close(set);
    assert.equal(bridge.epollTake(-1), -errno.EBADF);
  });
});
