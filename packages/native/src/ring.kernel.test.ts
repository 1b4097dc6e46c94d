import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import type { Ring } from "./bridge.ts";
import { loadBridge } from "./load.ts";
import {
  assertPrivileged,
  code,
  createMap,
  instruction,
  loadXdp,
  testRun,
  type TestFd,
} from "./testing/bpf.ts";
import { Occurrence } from "./testing/event.ts";
import { granted } from "./testing/granted.ts";
import { errno, mapType } from "./testing/kernel-words.ts";
import { pageSize } from "./testing/memory.ts";

const bridge = loadBridge();
const size = pageSize();
// enum bpf_func_id (include/uapi/linux/bpf.h)
const helper = { output: 130, reserve: 131, submit: 132, discard: 133 } as const;

before(assertPrivileged);

function createRing(): TestFd {
  return createMap({ type: mapType.ringbuf, maxEntries: size });
}

function open(map: TestFd): Ring {
  return granted(bridge.ringOpen(map.number, size));
}

/** Loads the address of a map into register 1. */
function mapAddress(map: TestFd): Uint8Array[] {
  const low = instruction(code.wide, { destination: 1, source: 1, immediate: map.number });
  return [low, instruction(0)];
}

function set(destination: number, immediate: number): Uint8Array {
  return instruction(code.move, { destination, immediate });
}

function callHelper(immediate: number): Uint8Array {
  return instruction(code.call, { immediate });
}

const passPacket: readonly Uint8Array[] = [set(0, 2), instruction(code.exit)];

/** A program that outputs `length` bytes, each `fill`, from 256 bytes of stack. */
function outputProgram(map: TestFd, length: number, fill: number): TestFd {
  const immediate = (fill * 0x01010101) | 0;
  const fillWord = (_: unknown, word: number): Uint8Array =>
    instruction(code.storeWord, { destination: 10, offset: 4 * word - 256, immediate });
  return loadXdp([
    ...Array.from({ length: 64 }, fillWord),
    ...mapAddress(map),
    instruction(code.moveRegister, { destination: 2, source: 10 }),
    instruction(code.add, { destination: 2, immediate: -256 }),
    set(3, length),
    set(4, 0),
    callHelper(helper.output),
    ...passPacket,
  ]);
}

/** A program that reserves 8 bytes and submits or discards them. */
function reserveProgram(map: TestFd, end: "submit" | "discard"): TestFd {
  return loadXdp([
    ...mapAddress(map),
    set(2, 8),
    set(3, 0),
    callHelper(helper.reserve),
    instruction(code.jumpEqual, { offset: 4 }),
    instruction(code.storeWord, { immediate: 77 }),
    instruction(code.moveRegister, { destination: 1 }),
    set(2, 0),
    callHelper(helper[end]),
    ...passPacket,
  ]);
}

function drain(ring: Ring, room = 4096, most = 256): Uint8Array[] | number {
  const bytes = new Uint8Array(room);
  const places = new Int32Array(2 * most);
  const count = bridge.ringDrain(ring, bytes, places, 1);
  if (count < 0) return count;
  return Array.from({ length: count }, (_, index) => {
    const [start = 0, length = 0] = places.subarray(2 * index);
    return bytes.slice(start, start + length);
  });
}

describe("a ring of the kernel", () => {
  it("delivers what programs put in, whatever the length", () => {
    using map = createRing();
    const ring = open(map);
    for (const length of [0, 1, 7, 8, 9, 63, 64, 200]) {
      using program = outputProgram(map, length, length);
      testRun(program, 3);
      const expected = new Uint8Array(length).fill(length);
      assert.deepEqual(drain(ring), [expected, expected, expected]);
    }
    bridge.ringClose(ring);
  });

  it("goes round many times", () => {
    using map = createRing();
    const ring = open(map);
    using program = outputProgram(map, 100, 5);
    for (let round = 0; round < 40; round++) {
      testRun(program, 30);
      const records = drain(ring);
      assert.ok(Array.isArray(records));
      assert.equal(records.length, 30);
      assert.ok(
        records.every((record) => record.length === 100 && record.every((byte) => byte === 5)),
      );
    }
    bridge.ringClose(ring);
  });

  it("gets back the space of discarded records", () => {
    using map = createRing();
    const ring = open(map);
    using discarding = reserveProgram(map, "discard");
    using submitting = reserveProgram(map, "submit");
    for (let round = 0; round < 10; round++) {
      testRun(discarding, size / 16 - 1);
      assert.deepEqual(drain(ring), []);
      assert.equal(bridge.ringPending(ring), 0);
    }
    testRun(discarding);
    testRun(submitting);
    const [record] = drain(ring) as Uint8Array[];
    assert.deepEqual(record?.subarray(0, 4), Uint8Array.of(77, 0, 0, 0));
    bridge.ringClose(ring);
  });

  it("takes no more than it holds, and goes on after", () => {
    using map = createRing();
    const ring = open(map);
    using program = outputProgram(map, 56, 1);
    testRun(program, size);
    const pending = bridge.ringPending(ring);
    assert.ok(pending > size - 128 && pending <= size, String(pending));
    const records = drain(ring, size, size / 64);
    assert.ok(Array.isArray(records));
    assert.equal(records.length, pending / 64);
    testRun(program, 2);
    assert.equal((drain(ring) as Uint8Array[]).length, 2);
    bridge.ringClose(ring);
  });

  it("is not what other maps are, nor another size", () => {
    using array = createMap({ type: mapType.array, keySize: 4, valueSize: 8, maxEntries: 1 });
    assert.ok(Number(bridge.ringOpen(array.number, size)) < 0);
    using other = createRing();
    const tooLarge = bridge.ringOpen(other.number, 2 * size);
    assert.equal(tooLarge, -errno.EINVAL);
  });

  it("wakes the event loop", async () => {
    using map = createRing();
    const ring = open(map);
    using program = outputProgram(map, 16, 3);
    const woken = new Occurrence<Uint8Array[] | number>("waking up");
    const poll = granted(bridge.pollStart(map.number, () => woken.happened(drain(ring))));
    testRun(program);
    assert.deepEqual(await woken.promise, [new Uint8Array(16).fill(3)]);
    bridge.pollStop(poll);
    bridge.ringClose(ring);
  });
});
