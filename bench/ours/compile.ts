/**
 * compile SAMPLE…: answers with the milliseconds that compiling took, for each sample, in `total`, and for the
 * `slowest` of all programs.
 *
 * What is measured is warm: some rounds are made before the program is ready, and of every round the time of a program is
 * the median of several. So the inspector, which is opened for the first program of a turn and reads all scripts then,
 * does not count here, but in `compile-first`.
 * @module
 */
import { serveRounds, type Answer } from "./rounds.ts";
import { compileSample, importSample, runningKernel } from "./samples.ts";

const warmUps = 5;
const repeats = 5;

const target = runningKernel();
const names = process.argv.slice(2);
const samples = await Promise.all(names.map(importSample));
for (let count = 0; count < warmUps; count++) round();

await serveRounds(round);

function round(): Answer {
  const times = samples.map((sample) =>
    Object.entries(sample).flatMap(([key, spec]) =>
      spec.kind === "map" ? [] : [medianMs(() => compileSample({ [key]: spec }, target))],
    ),
  );
  const sums = times.map(sum);
  const each = Object.fromEntries(names.map((name, index) => [name, sums[index]!]));
  return { ...each, total: sum(sums), slowest: Math.max(...times.flat()) };
}

function medianMs(work: () => void): number {
  const times = Array.from({ length: repeats }, () => {
    const start = performance.now();
    work();
    return performance.now() - start;
  });
  return times.toSorted((left, right) => left - right)[repeats >> 1]!;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
