import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { loadBridge } from "./load.ts";
import { assertPrivileged, attributes, createMap, type TestFd } from "./testing/bpf.ts";
import { collectUntil } from "./testing/collect.ts";
import { granted } from "./testing/granted.ts";
import { command, errno, mapType, mmap } from "./testing/kernel-words.ts";

const bridge = loadBridge();

before(assertPrivileged);

function hash(): TestFd {
  return createMap({ type: mapType.hash, keySize: 4, valueSize: 8, maxEntries: 100 });
}

/** Lookup, update and delete of one map: key at 0, value at 8 of the shared memory. */
function prepare(map: TestFd) {
  const attr = attributes(32, { 0: map.number });
  const pointers = [8, 0, 16, 8];
  const { data, calls } = bridge.prepare(16, [
    { command: command.mapLookupElem, attr, pointers },
    { command: command.mapUpdateElem, attr, pointers },
    { command: command.mapDeleteElem, attr: attr.subarray(0, 16), pointers: [8, 0] },
  ]);
  const [lookup, update, remove] = calls;
  assert.ok(lookup && update && remove);
  return {
    key: new Uint32Array(data, 0, 1),
    value: new BigUint64Array(data, 8, 1),
    lookup,
    update,
    remove,
  };
}

describe("prepared calls", () => {
  it("update, look up and delete elements", () => {
    using map = hash();
    const { key, value, lookup, update, remove } = prepare(map);
    for (let index = 0; index < 100; index++) {
      key[0] = index;
      value[0] = BigInt(index) << 40n;
      assert.equal(update(), 0);
    }
    for (let index = 99; index >= 0; index--) {
      key[0] = index;
      value[0] = 0n;
      assert.equal(lookup(), 0);
      assert.equal(value[0], BigInt(index) << 40n);
    }
    key[0] = 100;
    assert.equal(lookup(), -errno.ENOENT);
    key[0] = 50;
    assert.equal(remove(), 0);
    assert.equal(remove(), -errno.ENOENT);
  });

  it("outlive collection of everything else about them", async () => {
    using map = hash();
    const { key, value, update, lookup } = prepare(map);
    key[0] = 1;
    value[0] = 7n;
    const lookups = Array.from({ length: 200 }, () => prepare(map).lookup);
    let rounds = 0;
    await collectUntil(() => ++rounds > 3);
    assert.equal(update(), 0);
    assert.equal(lookup(), 0);
    assert.equal(value[0], 7n);
    // Their keys are 0, and nobody can change them any more.
    for (const made of lookups) assert.equal(made(), -errno.ENOENT);
  });
});

describe("bpf", () => {
  it("moves batches, and returns the kernel's answer in the attributes", () => {
    using map = hash();
    const keys = Uint32Array.from({ length: 10 }, (_, index) => index);
    const values = BigUint64Array.from(keys, (key) => BigInt(key) * 3n);
    const [keyBytes, valueBytes] = [new Uint8Array(keys.buffer), new Uint8Array(values.buffer)];
    const [updateBatch, lookupBatch] = [26, 24]; // enum bpf_cmd
    const update = attributes(56, { 32: keys.length, 36: map.number });
    assert.equal(
      bridge.bpf(updateBatch, update, [update, 16, keyBytes, 0, update, 24, valueBytes, 0]),
      0,
    );

    const token = new Uint8Array(8);
    const lookup = attributes(56, { 32: 64, 36: map.number });
    const found = { keys: new Uint8Array(64 * 4), values: new Uint8Array(64 * 8) };
    const pointers = [lookup, 8, token, 0, lookup, 16, found.keys, 0, lookup, 24, found.values, 0];
    assert.equal(bridge.bpf(lookupBatch, lookup, pointers), -errno.ENOENT);
    assert.equal(new DataView(lookup.buffer).getUint32(32, true), 10);
    const read = new Uint32Array(found.keys.buffer, 0, 10).toSorted();
    assert.deepEqual(read, keys);
  });

  it("keeps what the kernel writes inside attributes that are too short for it", () => {
    using map = createMap({ type: mapType.array, keySize: 4, valueSize: 8, maxEntries: 1 });
    // BPF_OBJ_GET_INFO_BY_FD (15) writes a length at offset 4 of attributes that end there.
    const memory = new Uint8Array(24).fill(0xee);
    const attr = memory.subarray(8, 12);
    attr.set(attributes(4, { 0: map.number }));
    bridge.bpf(15, attr, []);
    assert.ok(memory.subarray(0, 8).every((byte) => byte === 0xee));
    assert.ok(memory.subarray(12).every((byte) => byte === 0xee));
  });
});

describe("map", () => {
  const mmapable = 1 << 10; // BPF_F_MMAPABLE

  it("shows the elements of an array that allows it", () => {
    using map = createMap({
      type: mapType.array,
      keySize: 4,
      valueSize: 8,
      maxEntries: 4,
      flags: mmapable,
    });
    const memory = granted(bridge.map(map.number, 32, mmap.readWrite, mmap.shared, 0));
    const { key, value, update, lookup } = prepare(map);
    key[0] = 3;
    value[0] = 5n;
    assert.equal(update(), 0);
    const elements = new BigUint64Array(memory);
    assert.equal(elements[3], 5n);
    elements[3] = 6n;
    assert.equal(lookup(), 0);
    assert.equal(value[0], 6n);
    bridge.unmap(memory);
  });

  it("is over when unmap returns: only then can the map be frozen", () => {
    using map = createMap({
      type: mapType.array,
      keySize: 4,
      valueSize: 8,
      maxEntries: 4,
      flags: mmapable,
    });
    const memory = granted(bridge.map(map.number, 32, mmap.readWrite, mmap.shared, 0));
    const freeze = (): number =>
      bridge.bpf(command.mapFreeze, attributes(4, { 0: map.number }), []);
    const EBUSY = 16;
    assert.equal(freeze(), -EBUSY);
    bridge.unmap(memory);
    assert.equal(freeze(), 0);
  });
});
