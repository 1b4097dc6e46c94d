import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { littleEndian, viewOf } from "../../base/bytes.ts";
import type { Handle } from "../../kernel/handle.ts";
import type { Instruction } from "../../isa/instruction.ts";
import type { RingAccess, Watch } from "../../kernel/kernel.ts";
import { takeRingRecords } from "../../stream/testing-records.ts";
import { needs } from "../../testing/needs.ts";
import { exit, loadInstructions, setResult } from "../feature/smallest-program.ts";
import { openNativeKernel } from "../native-kernel.ts";

const kernel = openNativeKernel();
const ringBytes = 4096;

const openRingMap = (mapName = "ring"): Handle =>
  kernel.bpf("mapCreate", {
    mapType: "ringbuf",
    keySize: 0,
    valueSize: 0,
    maxEntries: ringBytes,
    mapName,
  });

/** A program that puts one record of 8 bytes, the number `value`, into the first of `maps`. */
function loadWriter(map: Handle, value: number): Handle {
  const ringbufOutput: Instruction = { kind: "call-helper", id: 130 };
  const instructions: readonly Instruction[] = [
    { kind: "store", size: "u64", base: "r10", offset: -8, src: value },
    { kind: "wide-load", dst: "r1", value: { kind: "map-index", index: 0 } },
    { kind: "alu", op: "mov", width: 64, dst: "r2", src: "r10" },
    { kind: "alu", op: "add", width: 64, dst: "r2", src: -8 },
    { kind: "alu", op: "mov", width: 64, dst: "r3", src: 8 },
    { kind: "alu", op: "mov", width: 64, dst: "r4", src: 0 },
    ringbufOutput,
    setResult(0),
    exit,
  ];
  return loadInstructions(kernel, instructions, { progType: "raw_tracepoint", maps: [map] });
}

function write(map: Handle, ...values: readonly number[]): void {
  for (const value of values) {
    using prog = loadWriter(map, value);
    kernel.bpf("progTestRun", { prog });
  }
}

/** Takes the numbers out of a ring. */
const take = (ring: RingAccess): readonly bigint[] =>
  takeRingRecords(ring).map((bytes) => viewOf(bytes).getBigUint64(0, littleEndian));

describe("ring access", needs("bpf", "ringbuf"), () => {
  it("finds records in order, until they are released", () => {
    using map = openRingMap();
    using ring = kernel.openRing(map, ringBytes);
    write(map, 1, 2, 3);
    assert.equal(ring.pendingBytes(), 3 * 16);
    assert.deepEqual([ring.find(ringBytes), ring.start], [3 * 16, 0]);
    ring.release(16);
    assert.deepEqual(take(ring), [2n, 3n]);
    assert.equal(ring.pendingBytes(), 0);
    assert.deepEqual(take(ring), []);
  });
  it("refuses to release what was not written, and loses nothing", () => {
    using map = openRingMap("narrow");
    using ring = kernel.openRing(map, ringBytes);
    write(map, 5);
    for (const wrong of [24, 12]) {
      const message = `${wrong} bytes of map "narrow" cannot be released`;
      assert.throws(() => ring.release(wrong), { name: "InvalidArgumentError", message });
    }
    assert.deepEqual(take(ring), [5n]);
  });
  it("outlives the handle, and is closed by itself", () => {
    const map = openRingMap();
    const ring = kernel.openRing(map, ringBytes);
    write(map, 6);
    map.close();
    assert.deepEqual(take(ring), [6n]);
    ring.close();
    assert.throws(() => take(ring), { name: "ClosedError" });
  });
  it("opens only ring buffers", () => {
    using map = kernel.bpf("mapCreate", {
      mapType: "hash",
      keySize: 4,
      valueSize: 4,
      maxEntries: 1,
    });
    const message = /it is not a ring buffer of this size/;
    assert.throws(() => kernel.openRing(map, ringBytes), { name: "SyscallError", message });
  });
});

/** The first call of `onReadable`. */
function readable(handles: readonly Handle[]): {
  readonly once: Promise<void>;
  readonly watch: Watch;
} {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { once: promise, watch: kernel.watch(handles, resolve) };
}

describe("watch", needs("bpf", "ringbuf"), () => {
  it("wakes up for one handle", async () => {
    using map = openRingMap();
    using ring = kernel.openRing(map, ringBytes);
    const { once, watch } = readable([map]);
    using _ = watch;
    write(map, 1);
    await once;
    assert.equal(ring.pendingBytes(), 16);
  });
  it("wakes up for either of two handles", async () => {
    using first = openRingMap();
    using second = openRingMap();
    using _ = kernel.openRing(first, ringBytes);
    using ring = kernel.openRing(second, ringBytes);
    for (const [map, value] of [
      [second, 1],
      [first, 2],
    ] as const) {
      const { once, watch } = readable([first, second]);
      using _ = watch;
      write(map, value);
      await once;
      take(ring);
    }
  });
  it("calls nobody once it is closed", async () => {
    using map = openRingMap();
    using ring = kernel.openRing(map, ringBytes);
    const called: string[] = [];
    const silent = kernel.watch([map], () => called.push("closed"));
    silent.close();
    const { once, watch } = readable([map]);
    using _ = watch;
    write(map, 1);
    await once;
    assert.deepEqual(called, []);
    assert.equal(ring.pendingBytes(), 16);
  });
  it("goes on when the handle is closed under it", async () => {
    const map = openRingMap();
    using ring = kernel.openRing(map, ringBytes);
    using writer = loadWriter(map, 1);
    const { once, watch } = readable([map]);
    using _ = watch;
    map.close();
    kernel.bpf("progTestRun", { prog: writer });
    await once;
    assert.equal(ring.pendingBytes(), 16);
  });
  it("cannot wait for what is never readable", () => {
    using prog = loadInstructions(kernel, [setResult(0), exit], { progType: "raw_tracepoint" });
    assert.throws(() => kernel.watch([prog], () => {}), {
      name: /Error$/,
      message: /^cannot wait for/,
    });
  });
});

describe("memory", needs("bpf"), () => {
  const openArray = (flags: readonly ["mmapable"] | readonly [] = ["mmapable"]): Handle =>
    kernel.bpf("mapCreate", {
      mapType: "array",
      keySize: 4,
      valueSize: 8,
      maxEntries: 512,
      mapFlags: flags,
    });

  it("is the map's own", () => {
    using map = openArray();
    using memory = kernel.openMemory(map, { sizeBytes: 4096, access: "read-write" });
    memory.bytes[8] = 42;
    const value = new Uint8Array(8);
    kernel.bpf("mapLookupElem", { map, key: Uint8Array.of(1, 0, 0, 0), value });
    assert.equal(value[0], 42);
    kernel.bpf("mapUpdateElem", { map, key: Uint8Array.of(1, 0, 0, 0), value: value.fill(7) });
    assert.equal(memory.bytes[8], 7);
  });
  it("is empty once it is closed", () => {
    using map = openArray();
    const memory = kernel.openMemory(map, { sizeBytes: 4096, access: "read" });
    const { bytes } = memory;
    memory.close();
    memory.close();
    assert.deepEqual([bytes.length, memory.bytes.length], [0, 0]);
  });
  it("keeps a map from being frozen while it may be written to", () => {
    using map = openArray();
    const memory = kernel.openMemory(map, { sizeBytes: 4096, access: "read-write" });
    assert.throws(() => kernel.bpf("mapFreeze", { map }), { name: "BusyError" });
    memory.close();
    kernel.bpf("mapFreeze", { map });
    assert.throws(() => kernel.openMemory(map, { sizeBytes: 4096, access: "read-write" }), {
      name: "PermissionError",
      message: /the map is frozen/,
    });
    using frozen = kernel.openMemory(map, { sizeBytes: 4096, access: "read" });
    assert.equal(frozen.bytes.length, 4096);
  });
  it("needs a map that was made for it", () => {
    using map = openArray([]);
    assert.throws(() => kernel.openMemory(map, { sizeBytes: 4096, access: "read" }), {
      message: /into memory/,
    });
  });
});
