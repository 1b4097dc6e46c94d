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

// include/uapi/asm-generic/mman-common.h
const [protRead, mapShared] = [1, 1];

before(assertPrivileged);

function createRing(): TestFd {
  return createMap({ type: mapType.ringbuf, maxEntries: size });
}

interface Opened extends Disposable {
  readonly ring: Ring;
  /** Its data, twice in a row. */
  readonly data: DataView;
}

function open(map: TestFd): Opened {
  const ring = granted(bridge.ringOpen(map.number, size));
  const memory = granted(bridge.map(map.number, size + 2 * size, protRead, mapShared, size));
  return {
    ring,
    data: new DataView(memory, size),
    [Symbol.dispose]: () => {
      bridge.ringClose(ring);
      bridge.unmap(memory);
    },
  };
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

/** Takes what is made out of the ring, but for what was discarded. */
function drain({ ring, data }: Opened): Uint8Array[] {
  const place = new Int32Array(1);
  const bytes = bridge.ringFind(ring, 1, size, place);
  assert.ok(bytes >= 0, String(bytes));
  const records: Uint8Array[] = [];
  for (let at = place[0]!; at < place[0]! + bytes;) {
    const header = data.getUint32(at, true);
    const length = header & 0x3fff_ffff;
    const record = new Uint8Array(data.buffer, data.byteOffset + at + 8, length).slice();
    if (header === length) records.push(record);
    at += (8 + length + 7) & ~7;
  }
  assert.equal(bridge.ringRelease(ring, bytes), 0);
  return records;
}

function pending({ ring }: Opened): number {
  return bridge.ringFind(ring, 0, 0, new Int32Array(1));
}

describe("a ring of the kernel", () => {
  it("delivers what programs put in, whatever the length", () => {
    using map = createRing();
    using ring = open(map);
    for (const length of [0, 1, 7, 8, 9, 63, 64, 200]) {
      using program = outputProgram(map, length, length);
      testRun(program, 3);
      const expected = new Uint8Array(length).fill(length);
      assert.deepEqual(drain(ring), [expected, expected, expected]);
    }
  });

  it("goes round many times", () => {
    using map = createRing();
    using ring = open(map);
    using program = outputProgram(map, 100, 5);
    for (let round = 0; round < 40; round++) {
      testRun(program, 30);
      const records = drain(ring);
      assert.equal(records.length, 30);
      assert.ok(
        records.every((record) => record.length === 100 && record.every((byte) => byte === 5)),
      );
    }
  });

  it("gets back the space of discarded records", () => {
    using map = createRing();
    using ring = open(map);
    using discarding = reserveProgram(map, "discard");
    using submitting = reserveProgram(map, "submit");
    for (let round = 0; round < 10; round++) {
      testRun(discarding, size / 16 - 1);
      assert.deepEqual(drain(ring), []);
      assert.equal(pending(ring), 0);
    }
    testRun(discarding);
    testRun(submitting);
    const [record] = drain(ring);
    assert.deepEqual(record?.subarray(0, 4), Uint8Array.of(77, 0, 0, 0));
  });

  it("takes no more than it holds, and goes on after", () => {
    using map = createRing();
    using ring = open(map);
    using program = outputProgram(map, 56, 1);
    testRun(program, size);
    const bytes = pending(ring);
    assert.ok(bytes > size - 128 && bytes <= size, String(bytes));
    assert.equal(drain(ring).length, bytes / 64);
    testRun(program, 2);
    assert.equal(drain(ring).length, 2);
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
    using ring = open(map);
    using program = outputProgram(map, 16, 3);
    const woken = new Occurrence<Uint8Array[]>("waking up");
    const poll = granted(bridge.pollStart(map.number, () => woken.happened(drain(ring))));
    testRun(program);
    assert.deepEqual(await woken.promise, [new Uint8Array(16).fill(3)]);
    bridge.pollStop(poll);
  });
});
