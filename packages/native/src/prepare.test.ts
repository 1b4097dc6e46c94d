import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import type { PreparedCall } from "./bridge.ts";
import { loadBridge } from "./load.ts";
import { bridgeOver, type Addon } from "./prepare.ts";
import { collect, collectUntil } from "./testing/collect.ts";
import { mappedBytes } from "./testing/memory.ts";

const bridge = loadBridge();
const noSuchCommand = 0x7fff_ffff;

function call(attrSize: number, ...pointers: number[]): PreparedCall {
  return { command: noSuchCommand, attr: new Uint8Array(attrSize), pointers };
}

describe("prepare", () => {
  it("makes a function per call, over memory of the size asked for", () => {
    const { data, calls } = bridge.prepare(100, [call(16, 8, 0), call(32, 0, 50, 24, 100)]);
    assert.equal(data.byteLength, 100);
    assert.equal(calls.length, 2);
    for (const made of calls) assert.ok(made() < 0);
    assert.ok(new Uint8Array(data).every((byte) => byte === 0));
  });

  it("hands the addon nothing but numbers", () => {
    const seen: unknown[] = [];
    const addon = { prepare: (...values: unknown[]) => seen.push(...values) };
    const first = { command: 1, attr: Uint8Array.of(1, 2), pointers: [] };
    const second = { command: 2, attr: Uint8Array.of(3, 4, 5), pointers: [0, 7, 1, 8] };
    bridgeOver(addon as unknown as Addon).prepare(9, [first, second]);
    assert.deepEqual(seen, [
      9,
      Int32Array.of(1, 2, 2, 3),
      Uint8Array.of(1, 2, 3, 4, 5),
      Int32Array.of(1, 0, 7, 1, 1, 8),
    ]);
  });

  it("refuses what leads outside", () => {
    const check = (dataSize: number, calls: readonly PreparedCall[], message: RegExp): void =>
      assert.throws(() => bridge.prepare(dataSize, calls), { name: "RangeError", message });
    const outside = /^prepare: pointers must lead from inside attr to inside data$/;
    check(8, [call(15, 8, 0)], outside);
    check(8, [call(16, -1, 0)], outside);
    check(8, [call(16, 0, 9)], outside);
    check(8, [call(16, 0, -1)], outside);
    check(0, [call(7, 0, 0)], outside);
    check(8, [call(16, 0)], /^prepare: calls\[0\]\.pointers must be pairs of offsets$/);
    check(8, [call(16, 0, 0.5)], /^prepare: 0\.5 must be an integer of 32 bits$/);
    check(8, [call(16, 2 ** 32, 0)], /^prepare: 4294967296 must be an integer of 32 bits$/);
    check(8, [call(257)], /^prepare: attr must not be longer than 256 bytes$/);
    check(-1, [], /^prepare: dataSize must be an integer from 0 to 1073741824$/);
    const many = Array.from({ length: 65 }, () => call(8));
    check(8, many, /^prepare: calls must not be more than 64$/);
    assert.equal(bridge.prepare(8, many.slice(1)).calls.length, 64);
  });

  it("refuses numbers that do not fit together", () => {
    // What bridgeOver never makes, but the addon has to survive.
    const module = { exports: {} as Addon };
    const file =
      process.env["TS_EBPF_NATIVE"] ??
      `${import.meta.dirname}/../prebuilds/linux-${process.arch}.node`;
    process.dlopen(module, file);
    const addon = module.exports;
    const none = new Int32Array(0);
    assert.throws(
      () => addon.prepare(8, Int32Array.of(1, 9), new Uint8Array(8), none),
      /attrs must be as long/,
    );
    assert.throws(
      () => addon.prepare(8, Int32Array.of(1, -1), new Uint8Array(8), none),
      /attr must not be longer/,
    );
    const stray = Int32Array.of(1, 0, 0);
    assert.throws(
      () => addon.prepare(8, Int32Array.of(1, 8), new Uint8Array(8), stray),
      /pointers must lead/,
    );
    const anyNumbers = fc.int32Array({ maxLength: 12 });
    fc.assert(
      fc.property(
        anyNumbers,
        fc.uint8Array({ maxLength: 40 }),
        anyNumbers,
        (calls, attrs, pointers) => {
          try {
            addon.prepare(16, calls, attrs, pointers);
          } catch (error) {
            assert.ok(error instanceof RangeError);
          }
        },
      ),
    );
  });

  it("keeps the memory for as long as a function or the buffer is in use", async () => {
    const buffers: WeakRef<ArrayBuffer>[] = [];
    const lastCalls: (() => number)[] = [];
    const views: Uint8Array[] = [];
    for (let count = 0; count < 100; count++) {
      const { data, calls } = bridge.prepare(4096, [call(16, 8, 0)]);
      if (count % 2 === 0) {
        buffers.push(new WeakRef(data));
        lastCalls.push(...calls);
      } else {
        views.push(new Uint8Array(data).fill(count));
      }
    }
    assert.ok(await collectUntil(() => buffers.every((buffer) => buffer.deref() === undefined)));
    collect();
    for (const last of lastCalls) assert.ok(last() < 0);
    views.forEach((view, index) => assert.ok(view.every((byte) => byte === 2 * index + 1)));
  });

  it("gives the memory back when nothing is in use any more", async () => {
    const before = mappedBytes();
    const mebibyte = 1 << 20;
    for (let count = 0; count < 100; count++) bridge.prepare(8 * mebibyte, [call(16, 8, 0)]);
    assert.ok(await collectUntil(() => mappedBytes() < before + 400 * mebibyte));
  });
});
