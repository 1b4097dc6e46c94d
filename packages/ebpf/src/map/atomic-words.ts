/**
 * Values in mapped memory that are compared and replaced in one step.
 *
 * JavaScript's `Atomics` are instructions of the machine on any memory, so that on mapped memory they are atomic towards
 * programs on other CPUs, too, which use the same instructions. They work on words of 4 and of 8 bytes: a value of
 * that size is one word. Larger values are left to locks.
 * @module
 */
import { littleEndian } from "../base/bytes.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import { sameValue } from "../layout/value.ts";
import type { Layout } from "../layout/layout.ts";

/** Replaces the value at an index where it is what the caller expects; false when it is another one. */
export type CompareAndSet<Value> = (index: number, expected: Value, next: Value) => boolean;

/** Whether values of this layout are words. */
export function isWord({ size }: Layout<unknown>): boolean {
  return size === 4 || size === 8;
}

/** Works on values that lie in `bytes`, one in every 8 bytes; `bytes` starts at a multiple of 8. */
export function compareAndSetIn<Value>(
  layout: Layout<Value>,
  bytes: Uint8Array,
): CompareAndSet<Value> {
  const { buffer, byteOffset, byteLength } = bytes;
  return layout.size === 4
    ? compareAndSet(layout, new Int32Array(buffer, byteOffset, byteLength / 4), 2)
    : compareAndSet(layout, new BigInt64Array(buffer, byteOffset, byteLength / 8), 1);
}

type Words = Int32Array | BigInt64Array;

function compareAndSet<Value>(
  layout: Layout<Value>,
  words: Words,
  stride: number,
): CompareAndSet<Value> {
  const scratch = new DataView(new ArrayBuffer(8));
  return (index, expected, next) => {
    const place = index * stride;
    layout.write(scratch, 0, next);
    const replacement = load(scratch, words);
    for (;;) {
      const found = Atomics.load(words as Int32Array, place);
      store(scratch, found);
      if (!isSame(layout, layout.read(scratch, 0), expected)) return false;
      if (Atomics.compareExchange(words as Int32Array, place, found, replacement) === found)
        return true;
    }
  };
}

/** What the layout leaves out, as padding, is not compared. Numbers are told apart without looking at memory. */
function isSame<Value>(layout: Layout<Value>, found: Value, expected: Value): boolean {
  return found === expected || sameValue(layout, found, expected);
}

/** The word in `view`. TypeScript knows no function of `Atomics` that takes either kind, hence the cast. */
function load(view: DataView, words: Words): number {
  const word =
    words instanceof Int32Array
      ? view.getInt32(0, littleEndian)
      : view.getBigInt64(0, littleEndian);
  return word as number;
}

function store(view: DataView, word: number | bigint): void {
  if (typeof word === "number") view.setInt32(0, word, littleEndian);
  else view.setBigInt64(0, word, littleEndian);
}

/** The error for values that are no words, or memory that cannot be written. */
export function noWord(what: string): InvalidArgumentError {
  return new InvalidArgumentError(`${what} cannot be compared and set in one step`, {
    hint: "that takes values of 4 or 8 bytes in memory that is mapped for writing: a global, or an array with flag mmapable",
  });
}
