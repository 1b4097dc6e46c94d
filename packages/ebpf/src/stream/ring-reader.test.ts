import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { littleEndian } from "../base/bytes.ts";
import type { RecordMemory } from "../kernel/event-ring.ts";
import { PerfWalk } from "./perf-walk.ts";
import { RecordCopy, RingReader } from "./ring-reader.ts";
import { bytesOf, recordsOf } from "./testing-records.ts";

const sizeBytes = 256;

/** The ring of a perf event in memory, mapped once. */
class FakeMemory implements RecordMemory {
  readonly sizeBytes = sizeBytes;
  readonly data: DataView = new DataView(new ArrayBuffer(sizeBytes));
  #head = 0;
  #tail = 0;

  get start(): number {
    return this.#tail % sizeBytes;
  }

  find(): number {
    return this.#head - this.#tail;
  }

  release(bytes: number): void {
    assert.ok(bytes <= this.find());
    this.#tail += bytes;
  }

  /** Writes a sample of `words` numbers that are all `value`; false when there is no room. */
  write(value: number, words: number): boolean {
    const size = 12 + 4 * words;
    if (this.find() + size > sizeBytes) return false;
    this.#put([9, size * 2 ** 16, 4 * words, ...Array.from({ length: words }, () => value)]);
    return true;
  }

  /** Tells that samples were lost. */
  lose(count: number): boolean {
    if (this.find() + 24 > sizeBytes) return false;
    this.#put([2, 24 * 2 ** 16, 0, 0, count, 0]);
    return true;
  }

  #put(words: readonly number[]): void {
    for (const word of words) {
      this.data.setUint32(this.#head % sizeBytes, word, littleEndian);
      this.#head += 4;
    }
  }

  [Symbol.dispose](): void {}
}

const newWalk = (): PerfWalk => new PerfWalk("perf");

/** What is taken at once of what was written. */
type Step =
  | { readonly write: number }
  | { readonly lose: number }
  | { readonly read: "in place" | "copied" };

describe("RingReader", () => {
  it("finds everything once and in order, in place or copied, also what goes round the end", () => {
    const step = fc.oneof(
      fc.record({ write: fc.integer({ min: 1, max: 15 }).map((odd) => 2 * odd - 1) }),
      fc.record({ lose: fc.integer({ min: 1, max: 9 }) }),
      fc.record({ read: fc.constantFrom("in place", "copied") }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps: readonly Step[]) => {
        const memory = new FakeMemory();
        const reader = new RingReader(memory, newWalk);
        const copy = new RecordCopy(newWalk());
        const written: number[] = [];
        const read: number[] = [];
        let lost = 0;
        const take = (how: "in place" | "copied"): void => {
          const records = how === "in place" ? recordsOf(reader) : copied(copy, reader);
          for (const bytes of records) read.push(bytes.length, bytes[0]!);
        };
        for (const each of steps) {
          if ("read" in each) take(each.read);
          else if ("lose" in each) lost += memory.lose(each.lose) ? each.lose : 0;
          else if (memory.write(written.length % 251, each.write))
            written.push(4 * each.write, written.length % 251);
        }
        take("in place");
        assert.deepEqual(read, written);
        assert.equal(reader.lost, lost);
        assert.equal(memory.find(), 0);
      }),
    );
  });

  it("gives back what was taken, and finds the rest again", () => {
    const memory = new FakeMemory();
    for (const value of [1, 2, 3]) memory.write(value, 3);
    const reader = new RingReader(memory, newWalk);
    assert.equal(reader.fetch()?.next(), true);
    reader.release();
    assert.equal(memory.find(), 48);
    assert.deepEqual(
      recordsOf(reader).map(([first]) => first),
      [2, 3],
    );
  });

  it("takes nothing when somebody goes on after its end", () => {
    const memory = new FakeMemory();
    for (const value of [1, 2, 3]) memory.write(value, 3);
    const reader = new RingReader(memory, newWalk);
    const walk = reader.fetch()!;
    const start = walk.first();
    reader.release();
    assert.deepEqual([walk.after(start), walk.after(-100), walk.after(5000)], [-1, -1, -1]);
    assert.equal(walk.next(), false);
    assert.deepEqual(
      recordsOf(reader).map(([first]) => first),
      [2, 3],
    );
  });

  it("shows nothing once it is closed", () => {
    const memory = new FakeMemory();
    for (const value of [1, 2]) memory.write(value, 3);
    const reader = new RingReader(memory, newWalk);
    const walk = reader.fetch()!;
    assert.equal(walk.next(), true);
    reader.close();
    assert.equal(walk.next(), false);
  });
});

describe("RecordCopy", () => {
  it("shows what is left without taking it", () => {
    const memory = new FakeMemory();
    for (const value of [1, 2, 3]) memory.write(value, 3);
    const copy = new RecordCopy(newWalk());
    assert.equal(copy.refill(new RingReader(memory, newWalk)), true);
    assert.equal(copy.walk.next(), true);
    const walk = copy.look(newWalk());
    assert.equal(walk.next(), true);
    assert.equal(walk.data.getUint32(walk.start, littleEndian), 2);
    assert.equal(copy.walk.next(), true);
    assert.equal(copy.walk.data.getUint32(copy.walk.start, littleEndian), 2);
  });
});

function copied(copy: RecordCopy, reader: RingReader): Uint8Array[] {
  const records: Uint8Array[] = [];
  while (copy.refill(reader)) while (copy.walk.next()) records.push(bytesOf(copy.walk));
  return records;
}
