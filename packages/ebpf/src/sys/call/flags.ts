/**
 * Flags: words above, bits below.
 * @module
 */
import { assertWord } from "../../base/arguments.ts";

/**
 * The bits of `words`, one or many; none for none.
 * @throws {InvalidArgumentError} for what is no word of the table: passed over, it would be missed without a trace.
 */
export function bitsOf<Word extends string>(
  table: { readonly [W in Word]: number },
  words: readonly Word[] = [],
): number {
  let bits = 0;
  for (const word of words) bits |= numberOf(table, word, "a flag");
  return bits;
}

/**
 * The number of a word; `what` begins the message: `the hook`.
 * @throws {InvalidArgumentError} when it is none of the table.
 */
export function numberOf<Word extends string>(
  table: { readonly [W in Word]: number },
  word: Word,
  what: string,
): number {
  if (!Object.hasOwn(table, word)) assertWord(word, Object.keys(table), what);
  return table[word];
}

/** The words whose bits are set, in the table's order; bits without a word are passed over. */
export function wordsOf<Word extends string>(
  table: { readonly [W in Word]: number },
  bits: number,
): readonly Word[] {
  const words = Object.keys(table) as Word[];
  return words.filter((word) => table[word] !== 0 && (bits & table[word]) === table[word]);
}

/** The word of a number, or the number where there is none: what a newer kernel calls something we do not know. */
export function wordOf<Word extends string>(
  table: { readonly [W in Word]: number },
  value: number,
): Word | number {
  return knownWordOf(table, value) ?? value;
}

/** The word of a number, or `undefined` where there is none. */
export function knownWordOf<Word extends string>(
  table: { readonly [W in Word]: number },
  value: number,
): Word | undefined {
  return (Object.keys(table) as Word[]).find((word) => table[word] === value);
}
