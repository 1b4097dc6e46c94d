import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InvalidArgumentError } from "../base/errors.ts";
import { PacketBatch, type PacketSender } from "./packet-batch.ts";
import type { Umem } from "./umem.ts";

const sender: PacketSender = {
  interface: "eth0",
  queue: 0,
  send: () => 0,
  sendBatch: () => 0,
};

/** Two frames of 2048 bytes, whose bytes are the numbers of the frames. */
function batchOf(...places: readonly number[]): PacketBatch {
  const bytes = new Uint8Array(4096).fill(1, 2048);
  const umem = { view: new DataView(bytes.buffer), frameBytes: 2048 } as Umem;
  const batch = new PacketBatch(sender, umem, places.length / 2);
  batch.places.set(places);
  return batch.fill(places.length / 2);
}

describe("PacketBatch", () => {
  it("shows packets where they lie", () => {
    const batch = batchOf(256, 3, 2304, 2);
    assert.deepEqual([...batch], [Uint8Array.of(0, 0, 0), Uint8Array.of(1, 1)]);
    batch.packet(0)[1] = 7;
    assert.equal(batch.data.getUint8(batch.startOf(0) + 1), 7);
    assert.equal(batch.lengthOf(1), 2);
  });

  it("refuses indexes outside", () => {
    const batch = batchOf(0, 1);
    for (const index of [-1, 1, 0.5, Number.NaN]) {
      assert.throws(() => batch.packet(index), InvalidArgumentError);
      assert.throws(() => batch.startOf(index), InvalidArgumentError);
      assert.throws(() => batch.lengthOf(index), InvalidArgumentError);
      assert.throws(() => batch.resize(index, 1), InvalidArgumentError);
    }
  });

  it("makes packets longer up to the end of their frame", () => {
    const batch = batchOf(256, 3, 2048, 5);
    batch.resize(0, 1792);
    assert.equal(batch.packet(0).length, 1792);
    assert.throws(() => batch.resize(0, 1793), InvalidArgumentError);
    batch.resize(1, 2048);
    assert.throws(() => batch.resize(1, -1), InvalidArgumentError);
    assert.throws(() => batch.resize(1, 1.5), InvalidArgumentError);
  });

  it("has nothing of packets that were sent", () => {
    const batch = batchOf(0, 1, 2048, 2);
    batch.markSent(0);
    assert.equal(batch.lengthOf(0), -1);
    assert.equal(batch.packet(0).length, 0);
    assert.throws(() => batch.resize(0, 1), InvalidArgumentError);
    assert.equal(batch.left, 1);
    assert.equal(batch.length, 2);
  });

  it("puts what is left to the front", () => {
    const batch = batchOf(0, 1, 100, 2, 2048, 3, 2100, 4);
    batch.markSent(0);
    batch.markSent(2);
    assert.equal(batch.compact(), 2);
    assert.deepEqual([...batch.places.subarray(0, 4)], [100, 2, 2100, 4]);
    assert.equal(batch.length, 2);
  });
});
