/**
 * Where in a row of measurements the level changed, and how sure that is.
 *
 * For every place where the row could be cut, the mean before it is compared with the one behind it; the largest difference, as
 * a multiple of what is usual for a cut there, is the candidate. How often chance alone gives one as large is found by shuffling
 * the row: an exact test, whatever the distribution. Outliers are pulled in first, so that few of them are no change. A row
 * with a change is cut there, and the parts are looked at in turn.
 *
 * It takes measurements for exchangeable: where noise goes up and down slowly, changes are found that are noise.
 * @module
 */
import { medianOf, type Ratio, ranksOf, ratioOf } from "./ranks.ts";
import { seededRandom, shuffle } from "./random.ts";

/** A change of level. */
export interface Change extends Ratio {
  /** Index of the first value behind it. */
  readonly at: number;
  /** From 0 to 1: one minus the share of shuffled rows that look as much like a change. */
  readonly confidence: number;
  /** Values at the level before and at the one behind it. */
  readonly before: number;
  readonly after: number;
}

/** How changes are looked for. */
export interface ChangeOptions {
  /** From 0 to 1, how sure a change has to be: 0.995 when left out, so that chance gives one in 200 rows. */
  readonly confidence?: number;
  /** Values a level has at least: 3 when left out, so that one or two outliers are no level. */
  readonly leastValues?: number;
}

/** Shuffled rows that are looked at. The confidence cannot be larger than 1 - 1 / (rows + 1). */
const shuffledRows = 4999;
const usualConfidence = 0.995;
const usualLeast = 3;

/** The changes in a row of positive values, the earliest first. The same row always gives the same ones. */
export function findChanges(
  values: readonly number[],
  { confidence = usualConfidence, leastValues = usualLeast }: ChangeOptions = {},
): readonly Change[] {
  const cuts = cutsIn(values, 0, { limit: 1 - confidence, least: leastValues });
  return cuts.map(({ at, confidence }, index) => {
    const before = values.slice(cuts[index - 1]?.at ?? 0, at);
    const after = values.slice(at, cuts[index + 1]?.at ?? values.length);
    const counts = { before: before.length, after: after.length };
    return { at, confidence, ...counts, ...ratioOf(before, after) };
  });
}

/** The changes in a row that has no noise, as counts of instructions: wherever a value differs from the one before. */
export function findExactChanges(values: readonly number[]): readonly Change[] {
  const places = values.flatMap((value, index) =>
    index > 0 && value !== values[index - 1] ? [index] : [],
  );
  return places.map((at, index) => {
    const ratio = values[at]! / values[at - 1]!;
    const before = at - (places[index - 1] ?? 0);
    const after = (places[index + 1] ?? values.length) - at;
    return { at, confidence: 1, before, after, ratio, low: ratio, high: ratio };
  });
}

interface Cut {
  readonly at: number;
  readonly confidence: number;
}

interface Limits {
  /** Largest share of shuffled rows with as large a difference. */
  readonly limit: number;
  readonly least: number;
}

function cutsIn(values: readonly number[], start: number, limits: Limits): readonly Cut[] {
  const found = likeliestCut(values, limits);
  if (found === undefined) return [];
  const { at, confidence } = found;
  return [
    ...cutsIn(values.slice(0, at), start, limits),
    { at: start + at, confidence },
    ...cutsIn(values.slice(at), start + at, limits),
  ];
}

function likeliestCut(values: readonly number[], { limit, least }: Limits): Cut | undefined {
  const { length } = values;
  if (length < 2 * least) return undefined;
  const scores = scoresOf(values);
  const found = largestDifference(scores, least);
  if (found.difference < 1e-12) return undefined;
  const random = seededRandom(length);
  // Rounding differs with the order of summing; equal differences have to count as equal.
  const threshold = found.difference * (1 - 1e-9);
  let asLarge = 1;
  for (let row = 0; row < shuffledRows; row++) {
    shuffle(scores, random);
    if (largestDifference(scores, least).difference >= threshold) asLarge += 1;
    if (asLarge > limit * (shuffledRows + 1)) return undefined;
  }
  return { at: found.at, confidence: 1 - asLarge / (shuffledRows + 1) };
}

/** Outliers are pulled in to so many deviations from the median. */
const mostDeviations = 2;
/** The standard deviation of normal noise as a multiple of the median deviation. */
const normalDeviation = 1.4826;

/**
 * What stands for the values: their logarithms, since noise and changes are in proportion, with outliers pulled in. Where
 * more than half of the values are the same there is no deviation to measure outliers by; ranks stand for them then.
 */
function scoresOf(values: readonly number[]): Float64Array {
  const logarithms = values.map(Math.log);
  const middle = medianOf(logarithms);
  const deviation = medianOf(logarithms.map((value) => Math.abs(value - middle)));
  if (deviation === 0) return ranksOf(values);
  const most = mostDeviations * normalDeviation * deviation;
  return Float64Array.from(logarithms, (value) =>
    Math.min(middle + most, Math.max(middle - most, value)),
  );
}

/** The cut with the largest difference of means, in a measure that is the same for every order of the scores. */
function largestDifference(
  scores: Float64Array,
  least: number,
): { readonly at: number; readonly difference: number } {
  const { length } = scores;
  let mean = 0;
  for (const score of scores) mean += score / length;
  let [sum, at, largest] = [0, 0, 0];
  for (let cut = 1; cut <= length - least; cut++) {
    sum += scores[cut - 1]! - mean;
    // The variance of a sum of scores is this divisor times their variance, which is the same for every order.
    const scaled = (sum * sum) / (cut * (length - cut));
    if (cut >= least && scaled > largest) [at, largest] = [cut, scaled];
  }
  return { at, difference: largest };
}
