import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { littleEndian } from "../base/bytes.ts";
import { MalformedError } from "../base/errors.ts";
import { PerfWalk } from "./perf-walk.ts";

const lost = 2;
const throttle = 5;
const sample = 9;

interface Part {
  readonly type: number;
  readonly size: number;
  readonly misc?: number;
  /** The word behind the header: of samples their raw length. */
  readonly word?: number;
  /** The two words from 16 on: of lost records how many. */
  readonly count?: bigint;
}

const sampleOf = (size: number, misc = 1): Part => ({ type: sample, size, misc, word: size - 12 });
const lostOf = (count: bigint): Part => ({ type: lost, size: 24, count });

/** Memory with these records, as far as it reaches. */
function memoryOf(parts: readonly Part[], bytes?: number): DataView {
  const view = new DataView(new ArrayBuffer(parts.reduce((sum, { size }) => sum + size, 0)));
  let at = 0;
  for (const { type, size, misc = 0, word = 0, count } of parts) {
    view.setUint32(at, type, littleEndian);
    view.setUint16(at + 4, misc, littleEndian);
    view.setUint16(at + 6, size, littleEndian);
    if (size >= 16) view.setUint32(at + 8, word, littleEndian);
    if (count !== undefined) view.setBigUint64(at + 16, count, littleEndian);
    at += size;
  }
  return bytes === undefined ? view : new DataView(view.buffer.slice(0, bytes));
}

const over = (data: DataView, cut = false): PerfWalk =>
  new PerfWalk("perf").over(data, { start: 0, bytes: data.byteLength, cut });

/** Starts and lengths of samples, by both ways of going over them. */
function samplesIn(data: DataView, cut = false): number[][] {
  const walk = over(data, cut);
  const found: number[][] = [];
  while (walk.next()) found.push([walk.start, walk.length]);
  const again = over(data, cut);
  const visited: number[][] = [];
  for (let start = again.first(); start >= 0; start = again.after(start))
    visited.push([start, again.length]);
  assert.deepEqual(visited, found);
  return found;
}

describe("PerfWalk", () => {
  it("moves from sample to sample, whatever they were taken from", () => {
    const memory = memoryOf([sampleOf(24), sampleOf(24), sampleOf(24, 2), sampleOf(16)]);
    assert.deepEqual(samplesIn(memory), [
      [12, 12],
      [36, 12],
      [60, 12],
      [84, 4],
    ]);
  });

  it("knows samples so large that their header is no number", () => {
    assert.deepEqual(samplesIn(memoryOf([sampleOf(0xfff0), sampleOf(0xfff0)])), [
      [12, 0xfff0 - 12],
      [0xfff0 + 12, 0xfff0 - 12],
    ]);
  });

  it("adds up what was lost, and passes over what it does not know", () => {
    const memory = memoryOf([
      lostOf(5n),
      sampleOf(24),
      { type: throttle, size: 32 },
      lostOf(2n),
      sampleOf(24),
    ]);
    const walk = over(memory);
    walk.skip();
    assert.deepEqual([walk.lost, walk.taken], [7, 2]);
    assert.equal(samplesIn(memory).length, 2);
  });

  it("takes nothing of the size of a sample for one", () => {
    assert.equal(samplesIn(memoryOf([sampleOf(24, 0), lostOf(1n), sampleOf(24, 0)])).length, 2);
  });

  it("leaves out a record that goes on elsewhere, and tells its size", () => {
    const memory = memoryOf([sampleOf(24), sampleOf(32)], 40);
    assert.deepEqual(samplesIn(memory, true), [[12, 12]]);
    const walk = over(memory, true);
    walk.skip();
    assert.deepEqual([walk.torn, walk.passed], [32, 24]);
    assert.throws(() => over(memory).skip(), MalformedError);
  });

  it("refuses what makes no sense, whatever it is", () => {
    const wrong: readonly Part[] = [
      { type: sample, size: 16, word: 100 },
      { type: sample, size: 16, word: 5 },
      { type: sample, size: 8 },
      { type: lost, size: 16 },
    ];
    for (const part of wrong) assert.throws(() => over(memoryOf([part])).next(), MalformedError);
    for (const size of [0, 12, 4, 64]) {
      const memory = memoryOf([sampleOf(24)]);
      memory.setUint16(6, size, littleEndian);
      assert.throws(() => over(memory).next(), MalformedError);
    }
  });
});
