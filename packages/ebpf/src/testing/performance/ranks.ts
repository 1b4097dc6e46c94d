/**
 * Statistics that look at the order of values and not at their size: ranks, medians, shifts.
 * @module
 */

/** The rank of each value from 1 up; equal values share the mean of theirs. */
export function ranksOf(values: readonly number[]): Float64Array {
  const order = values.map((_, index) => index).toSorted((a, b) => values[a]! - values[b]!);
  const ranks = new Float64Array(values.length);
  for (let start = 0; start < order.length;) {
    let end = start + 1;
    while (end < order.length && values[order[end]!] === values[order[start]!]) end++;
    for (let place = start; place < end; place++) ranks[order[place]!] = (start + 1 + end) / 2;
    start = end;
  }
  return ranks;
}

/** The middle of values that are at least one. */
export function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** How many times as large values have become: the estimate, and the interval that holds it in 95 of 100 cases. */
export interface Ratio {
  readonly ratio: number;
  readonly low: number;
  readonly high: number;
}

/** 97.5 % of the normal distribution lie below it. */
const normalQuantile = 1.96;

/**
 * The ratio of positive values: the median of all quotients of one after and one before (Hodges and Lehmann), with the
 * interval that belongs to the test of Mann and Whitney.
 */
export function ratioOf(before: readonly number[], after: readonly number[]): Ratio {
  const quotients = after
    .flatMap((later) => before.map((earlier) => later / earlier))
    .toSorted((a, b) => a - b);
  const pairs = quotients.length;
  const spread = Math.sqrt((pairs * (before.length + after.length + 1)) / 12);
  const left = Math.max(0, Math.floor(pairs / 2 - normalQuantile * spread));
  return {
    ratio: medianOf(quotients),
    low: quotients[left]!,
    high: quotients[pairs - 1 - left]!,
  };
}
