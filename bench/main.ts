/**
 * The benchmarks: `npm run bench -- NAME,… --json`.
 *
 * Every figure is a ratio to a peer that does the same work in the same run, because a machine that others share has
 * no absolute speed. This file only chooses, runs and prints; see `measure.ts` for how rounds are made.
 * @module
 */
import { parseArguments, usage, type Arguments } from "./arguments.ts";
import { choose, figureNames, shortNames } from "./benchmarks.ts";
import { BenchmarkError } from "./error.ts";
import { measure, type Measurement } from "./measure.ts";
import { holds, jsonLine, tableHeading, tableRow } from "./report.ts";
import { assertTools } from "./tools.ts";

/** Runs a command line and returns the exit code. */
async function main(commandLine: readonly string[]): Promise<number> {
  const options = parseArguments(commandLine, figureNames());
  if (options.help) {
    console.log(usage(shortNames()));
    return 0;
  }
  const measurements = await run(options);
  return options.check && !measurements.every((measurement) => holds(measurement)) ? 1 : 0;
}

async function run({ names, json, quick, runs }: Arguments): Promise<readonly Measurement[]> {
  const chosen = choose(names);
  assertTools(new Set(chosen.flatMap(({ tools }) => tools)));
  const size = quick ? "tiny" : "full";
  const all: Measurement[] = [];
  if (!json) console.log(tableHeading);
  for (const benchmark of chosen) {
    const measurements = await measure(benchmark, { size, runs: quick ? (runs ?? 1) : runs });
    for (const measurement of measurements) {
      console.log(json ? jsonLine(measurement) : tableRow(measurement));
    }
    all.push(...measurements);
  }
  return all;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof BenchmarkError)) throw error;
  console.error(`bench: ${error.message}`);
  if (error.hint !== undefined) console.error(`  hint: ${error.hint}`);
  process.exitCode = 2;
}
