import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { alignUp, littleEndian } from "../base/bytes.ts";
import { MalformedError } from "../base/errors.ts";
import { RingWalk } from "./ring-walk.ts";
import { StreamCounters } from "./statistics.ts";

const busy = 2 ** 31;
const discarded = 2 ** 30;

/** Records with these headers, the bytes of each are its number from 1 on. */
function memoryOf(...headers: readonly number[]): DataView {
  const size = (header: number): number => alignUp(8 + (header % discarded), 8);
  const memory = new Uint8Array(headers.reduce((sum, header) => sum + size(header), 0));
  const view = new DataView(memory.buffer);
  let at = 0;
  for (const [index, header] of headers.entries()) {
    view.setUint32(at, header, littleEndian);
    memory.fill(index + 1, at + 8, at + size(header));
    at += size(header);
  }
  return view;
}

const over = (data: DataView, most?: number): RingWalk =>
  new RingWalk("ring").over(data, {
    start: 0,
    bytes: data.byteLength,
    ...(most !== undefined && { most }),
  });

/** Number and length of the records that a walk moves to. */
function taken(walk: RingWalk): number[][] {
  const found: number[][] = [];
  while (walk.next())
    found.push([walk.length === 0 ? 0 : walk.data.getUint8(walk.start), walk.length]);
  return found;
}

/** The same, by places. */
function visited(walk: RingWalk): number[][] {
  const found: number[][] = [];
  for (let start = walk.first(); start >= 0; start = walk.after(start))
    found.push([walk.length === 0 ? 0 : walk.data.getUint8(start), walk.length]);
  return found;
}

describe("RingWalk", () => {
  const check = (name: string, headers: readonly number[], expected: readonly number[][]): void =>
    void it(name, () => {
      assert.deepEqual(taken(over(memoryOf(...headers))), expected);
      assert.deepEqual(visited(over(memoryOf(...headers))), expected);
    });

  check("finds nothing in no memory", [], []);
  check(
    "moves from record to record, alike or not",
    [8, 8, 3, 3, 8],
    [
      [1, 8],
      [2, 8],
      [3, 3],
      [4, 3],
      [5, 8],
    ],
  );
  check(
    "knows records without bytes",
    [0, 0, 1],
    [
      [0, 0],
      [0, 0],
      [3, 1],
    ],
  );
  check("passes over what was discarded", [8 + discarded, 8, discarded, 8 + discarded], [[2, 8]]);
  check("ends before a record in the making", [8, 8 + busy, 8], [[1, 8]]);
  check("ends before one in the making that has no bytes", [busy, 8], []);

  it("begins no record behind `most`, but ends the one it has begun", () => {
    const memory = memoryOf(24, 24, 24);
    for (const [most, count] of [
      [1, 1],
      [32, 1],
      [33, 2],
      [96, 3],
    ] as const) {
      assert.equal(taken(over(memory, most)).length, count);
      assert.equal(visited(over(memory, most)).length, count);
    }
  });

  it("goes on where a record is made meanwhile", () => {
    const memory = memoryOf(8, 8 + busy, 8);
    const walk = over(memory);
    assert.deepEqual([taken(walk).length, walk.passed], [1, 16]);
    memory.setUint32(16, 8, littleEndian);
    assert.deepEqual(taken(walk), [
      [2, 8],
      [3, 8],
    ]);
  });

  it("says where a length leads outside", () => {
    const memory = memoryOf(8, 8);
    memory.setUint32(16, 9, littleEndian);
    const walk = over(memory);
    assert.equal(walk.next(), true);
    assert.throws(
      () => walk.next(),
      (error: unknown) => {
        assert.ok(error instanceof MalformedError);
        assert.deepEqual([error.path, error.offset], [["ring"], 16]);
        return true;
      },
    );
  });

  it("counts records and their bytes once, however they were gone over", () => {
    const header = fc.oneof(
      fc.nat(40),
      fc.nat(40).map((length) => length + discarded),
    );
    fc.assert(
      fc.property(fc.array(header, { maxLength: 30 }), fc.nat(30), (headers, first) => {
        const walk = over(memoryOf(...headers));
        const kept = headers.filter((each) => each < discarded);
        const counters = new StreamCounters();
        for (let index = 0; index < first; index++) walk.next();
        walk.settle(counters);
        visited(walk);
        walk.settle(counters);
        walk.settle(counters);
        assert.equal(counters.events, kept.length);
        assert.equal(
          counters.bytes,
          kept.reduce((sum, length) => sum + length, 0),
        );
        assert.equal(walk.passed, walk.data.byteLength);
      }),
    );
  });
});
