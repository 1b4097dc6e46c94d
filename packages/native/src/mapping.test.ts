import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { loadBridge } from "./load.ts";
import { collectUntil } from "./testing/collect.ts";
import { granted } from "./testing/granted.ts";
import { errno, mmap } from "./testing/kernel-words.ts";
import { pageSize, ScratchFile } from "./testing/memory.ts";

const bridge = loadBridge();

function mapped(fd: number, length: number): ArrayBuffer {
  const flags = fd < 0 ? mmap.private | mmap.anonymous : mmap.shared;
  return granted(bridge.map(fd, length, mmap.readWrite, flags, 0));
}

describe("map", () => {
  it("gives memory of exactly the length asked for", () => {
    const memory = mapped(-1, 5000);
    assert.equal(memory.byteLength, 5000);
    assert.ok(new Uint8Array(memory).every((byte) => byte === 0));
    assert.equal(bridge.unmap(memory), 0);
  });

  it("shares memory with a file", () => {
    using file = new ScratchFile(100);
    const memory = mapped(file.fd, 100);
    new Uint8Array(memory)[99] = 42;
    assert.equal(readFileSync(file.path)[99], 42);
    file.write(0, Uint8Array.of(7));
    assert.equal(new Uint8Array(memory)[0], 7);
    bridge.unmap(memory);
  });

  it("returns what the kernel refuses as a number", () => {
    assert.equal(bridge.map(-1, 10, mmap.read, mmap.shared, 0), -errno.EBADF);
    using file = new ScratchFile(1);
    assert.equal(bridge.map(file.fd, 1, mmap.read, mmap.shared, 1), -errno.EINVAL);
  });

  it("refuses to put memory in the place of other memory", () => {
    for (const flag of [mmap.fixed, 0x100000, 0x100]) {
      const map = () =>
        bridge.map(-1, 4096, mmap.readWrite, mmap.private | mmap.anonymous | flag, 0);
      assert.throws(map, RangeError);
    }
  });
});

describe("pageSize", () => {
  it("is the smallest offset at which a file can be mapped", () => {
    assert.equal(bridge.pageSize(), pageSize());
  });
});

describe("unmap", () => {
  it("unmaps at once and takes the memory out of reach", () => {
    using file = new ScratchFile(8192);
    const memory = mapped(file.fd, 8192);
    const bytes = new Uint8Array(memory);
    assert.equal(file.mappings(), 1);
    assert.equal(bridge.unmap(memory), 0);
    assert.equal(file.mappings(), 0);
    assert.equal(memory.byteLength, 0);
    assert.equal(bytes.length, 0);
    assert.equal(bytes[0], undefined);
  });

  it("does nothing the second time", async () => {
    const memory = mapped(-1, 4096);
    assert.equal(bridge.unmap(memory), 0);
    // A second unmapping would hit this one, which the kernel puts in the same place.
    const next = new Uint8Array(mapped(-1, 4096)).fill(1);
    assert.equal(bridge.unmap(memory), 0);
    let turns = 0;
    await collectUntil(() => ++turns > 5);
    assert.ok(next.every((byte) => byte === 1));
    bridge.unmap(next.buffer);
  });

  it("refuses memory of others", () => {
    assert.throws(
      () => bridge.unmap(new ArrayBuffer(4096)),
      /^TypeError.*unmap: memory must be what map returned/,
    );
    const prepared = bridge.prepare(64, []);
    assert.throws(() => bridge.unmap(prepared.data), TypeError);
  });

  it("leaves memory alone that was transferred to another buffer, which then owns it", async () => {
    using file = new ScratchFile(4096);
    const memory = mapped(file.fd, 4096);
    const heir = { buffer: memory.transfer() as ArrayBuffer | undefined };
    assert.equal(bridge.unmap(memory), 0);
    assert.equal(file.mappings(), 1);
    assert.equal(heir.buffer?.byteLength, 4096);
    heir.buffer = undefined;
    assert.ok(await collectUntil(() => file.mappings() === 0));
  });

  it("happens by itself when the memory is collected", async () => {
    using file = new ScratchFile(4096);
    for (let count = 0; count < 50; count++) mapped(file.fd, 4096);
    assert.ok(await collectUntil(() => file.mappings() === 0));
  });

  it("does not wait for collection while a view is alive", async () => {
    using file = new ScratchFile(4096);
    const view = new Uint8Array(mapped(file.fd, 4096));
    let turns = 0;
    await collectUntil(() => ++turns > 5);
    assert.equal(file.mappings(), 1);
    assert.equal(view[0], 0);
    bridge.unmap(view.buffer);
  });
});
