/**
 * Durations as people write them: a number and a unit, or several from large to small.
 * @module
 */
import { InvalidArgumentError } from "commander";

const number = String.raw`(\d+(?:\.\d+)?)`;
const shape = new RegExp(`^(?=\\d)(?:${number}h)?(?:${number}m)?(?:${number}s)?(?:${number}ms)?$`);
const millisecondsOf = [3_600_000, 60_000, 1000, 1];

/** Longest that a timer of Node can wait: 2^31 - 1 milliseconds, almost 25 days. */
const longestMs = 2 ** 31 - 1;

/**
 * Milliseconds of a duration such as `10s`, `500ms`, `2m`, `1.5h` or `1m30s`; a number alone is seconds.
 * @throws {InvalidArgumentError} of commander, when it is none, is less than 1 ms, or is longer than a timer can be.
 */
export function parseDuration(text: string): number {
  const parts = shape.exec(/^[\d.]+$/.test(text) ? `${text}s` : text);
  if (parts === null) {
    throw new InvalidArgumentError("Write a duration such as 10s, 500ms, 2m or 1m30s.");
  }
  const amounts = parts
    .slice(1)
    .map((amount, index) => Number(amount ?? 0) * millisecondsOf[index]!);
  const total = Math.round(amounts.reduce((sum, amount) => sum + amount, 0));
  if (total < 1) throw new InvalidArgumentError("It must be at least 1ms.");
  if (total > longestMs) throw new InvalidArgumentError("It must be at most 24 days (576h).");
  return total;
}
