/**
 * Making rounds: ours, peer; peer, ours; and so on.
 * @module
 */
import type { Answer, Benchmark, Figure, Pair, Size } from "./benchmark.ts";
import { BenchmarkError } from "./error.ts";
import { summarize, type Summary } from "./statistics.ts";

/** How to measure. */
export interface MeasureOptions {
  readonly size: Size;
  /** Rounds to make; those of the benchmark when left out. */
  readonly runs?: number | undefined;
}

/** A figure with what came out. */
export interface Measurement extends Summary {
  readonly figure: Figure;
}

/**
 * Runs a benchmark and returns its figures.
 * @throws {BenchmarkError} when a side fails.
 */
export async function measure(
  benchmark: Benchmark,
  { size, runs = benchmark.runs }: MeasureOptions,
): Promise<readonly Measurement[]> {
  await using resources = new AsyncDisposableStack();
  const pair = await benchmark.open(size, resources);
  const warmUps = size === "tiny" ? 1 : benchmark.warmUps;
  const answers: AnswerPair[] = [];
  for (let round = -warmUps; round < runs; round++) {
    const pairOfAnswers = await makeRound(pair, round % 2 === 0 ? "ours first" : "peer first");
    if (round >= 0) answers.push(pairOfAnswers);
  }
  return benchmark.figures.map((figure) => ({ figure, ...summarize(roundsOf(figure, answers)) }));
}

interface AnswerPair {
  readonly ours: Answer;
  readonly peer: Answer;
}

/** One after the other, never at the same time. Who goes first alternates, as it may matter to caches. */
async function makeRound(
  { ours, peer }: Pair,
  order: "ours first" | "peer first",
): Promise<AnswerPair> {
  if (order === "ours first") return { ours: await ours.round(), peer: await peer.round() };
  const answer = await peer.round();
  return { ours: await ours.round(), peer: answer };
}

function roundsOf({ name, field }: Figure, answers: readonly AnswerPair[]) {
  const pick = (answer: Answer): number => {
    const value = answer[field];
    if (value === undefined) throw new BenchmarkError(`${name}: an answer lacks "${field}"`);
    return value;
  };
  return answers.map(({ ours, peer }) => ({ ours: pick(ours), peer: pick(peer) }));
}
