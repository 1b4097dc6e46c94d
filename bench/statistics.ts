/**
 * From rounds to a figure.
 *
 * Both sides of a round run within the same tenths of a second, so that a busy neighbour slows both; the ratio is
 * taken round by round, and the median forgets the rounds in which only one side was disturbed.
 * @module
 */
import { BenchmarkError } from "./error.ts";

/** What the two sides took in one round, in the same unit. */
export interface Round {
  readonly ours: number;
  readonly peer: number;
}

/** Medians over all rounds. `ratio` is the median of the ratios, not the ratio of the medians. */
export interface Summary {
  readonly ours: number;
  readonly peer: number;
  readonly ratio: number;
  /** Number of rounds. */
  readonly runs: number;
}

/**
 * The middle value; the mean of the two in the middle when their number is even.
 * @throws {BenchmarkError} when there are none.
 */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  const low = sorted[Math.floor((sorted.length - 1) / 2)];
  const high = sorted[Math.floor(sorted.length / 2)];
  if (low === undefined || high === undefined) throw new BenchmarkError("no rounds were made");
  return (low + high) / 2;
}

/**
 * The figure of some rounds.
 * @throws {BenchmarkError} when there are none, or one is not of two positive numbers.
 */
export function summarize(rounds: readonly Round[]): Summary {
  for (const { ours, peer } of rounds) {
    if (!(ours > 0 && peer > 0 && Number.isFinite(ours) && Number.isFinite(peer))) {
      throw new BenchmarkError(`a round took ${ours} against ${peer}, which cannot be compared`);
    }
  }
  return {
    ours: median(rounds.map(({ ours }) => ours)),
    peer: median(rounds.map(({ peer }) => peer)),
    ratio: median(rounds.map(({ ours, peer }) => ours / peer)),
    runs: rounds.length,
  };
}
