/**
 * The command line of the benchmarks.
 * @module
 */
import { parseArgs } from "node:util";
import { BenchmarkError } from "./error.ts";

/** What a command line asks for. */
export interface Arguments {
  /** Figures to measure; all when empty. */
  readonly names: readonly string[];
  /** Lines of JSON instead of a table. */
  readonly json: boolean;
  /** Whether a limit that does not hold makes the run fail. */
  readonly check: boolean;
  /** Very little work: shows that everything runs, and no figure to believe in. */
  readonly quick: boolean;
  readonly help: boolean;
  /** Rounds of every benchmark, instead of its own number. */
  readonly runs: number | undefined;
}

/** The text of `--help`. */
export function usage(names: readonly string[]): string {
  return `npm run bench -- [NAME,…] [--json] [--runs N] [--check] [--quick]

Measures the library against its peers, both in the same run.

  NAME       ${names.join(", ")}; several with commas or spaces between them, all when left out
  --json     one line of JSON per figure: name, ours, peer, ratio, unit, runs
  --runs N   rounds in which both sides take turns; a figure is the median
  --check    exit with 1 when a limit does not hold
  --quick    hardly any work: shows that everything runs, figures mean nothing

Exit codes: 0, 1 (a limit does not hold, with --check), 2 (something is missing or failed).`;
}

/**
 * Reads a command line.
 * @throws {BenchmarkError} for what it does not know.
 */
export function parseArguments(
  commandLine: readonly string[],
  known: readonly string[],
): Arguments {
  const { values, positionals } = parse(commandLine);
  const names = positionals.flatMap((list) => list.split(",")).filter((name) => name !== "");
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new BenchmarkError(`there is no benchmark "${unknown}"`, {
      hint: `there are ${known.join(", ")}`,
    });
  }
  const { json, check, quick, help, runs } = values;
  return {
    names,
    json,
    check,
    quick,
    help,
    runs: runs === undefined ? undefined : runsFrom(runs),
  };
}

function parse(commandLine: readonly string[]) {
  try {
    return parseArgs({
      args: [...commandLine],
      allowPositionals: true,
      options: {
        json: { type: "boolean", default: false },
        check: { type: "boolean", default: false },
        quick: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
        runs: { type: "string" },
      },
    });
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new BenchmarkError(message, { cause, hint: "npm run bench -- --help" });
  }
}

function runsFrom(text: string): number {
  const runs = Number(text);
  if (/^[1-9]\d*$/.test(text) && Number.isSafeInteger(runs)) return runs;
  throw new BenchmarkError(`--runs is "${text}"`, { hint: "give a whole number from 1 up" });
}
