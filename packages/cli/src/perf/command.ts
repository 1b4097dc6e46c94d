/**
 * The command line of `perf` and of what it does with benchmarks. What that is, is loaded when it is run.
 * @module
 */
import { Command, InvalidArgumentError } from "commander";
import { HintedArgument, HintedOption } from "../completion/hint.ts";
import { repeatable } from "../completion/repeatable.ts";
import type { Context } from "../context.ts";
import { parseCount } from "../value/whole-number.ts";

/** Options of everything that judges a history. */
export interface TrendChoice {
  readonly history: string;
  /** From 0 to 1. */
  readonly confidence?: number;
  /** From 0 to 1. */
  readonly threshold?: number;
  readonly json?: boolean;
}

/** Options of `perf run`. */
export interface PerfRunOptions extends TrendChoice {
  readonly export?: readonly string[];
  readonly sim?: boolean;
  readonly batches?: number;
  readonly label?: string;
}

const defaultHistory = "perf-history.jsonl";

const notes = `
Examples:
  $ ts-ebpf perf run filter.bench.ts            measure, keep, and tell what became slower
  $ ts-ebpf perf check                          tell again, without measuring
  $ ts-ebpf perf accept blockedPort             its level is what shall be from now on`;

const runNotes = `
The file exports what benchmark(program, input) of ts-ebpf/testing returns. Each is measured by test
runs, a measurement is added to the history, and the history is judged: whether the level has changed,
when, by how much, and how sure that is. One measurement alone never raises an alarm: changes of time
are seen after some four to eight more runs. Counts of instructions (--sim) have no noise: there every
change is told at once.

Exit code 1 when a benchmark has become slower, until it is as fast again or "perf accept" was said.
Only what was measured on the same model of machine is compared; times need root.

Examples:
  $ ts-ebpf perf run filter.bench.ts --label "$(git rev-parse --short HEAD)"
  $ ts-ebpf perf run filter.bench.ts --sim --history instructions.jsonl
  $ ts-ebpf perf run filter.bench.ts --json | jq '.trends[] | select(.kind == "regression")'`;

const checkNotes = `
Exit code 1 when a benchmark has become slower. Needs no privileges.

Examples:
  $ ts-ebpf perf check
  $ ts-ebpf perf check --confidence 0.999 --threshold 0.05`;

const acceptNotes = `
The measurements before the last change of the benchmarks, of all when none is named, are not looked
at any more.

Examples:
  $ ts-ebpf perf accept
  $ ts-ebpf perf accept blockedPort`;

/** The command `perf` with all it has. */
export function perfCommand(context: Context): Command {
  return new Command("perf")
    .summary("measure programs, and tell when they become slower")
    .description("Measures programs, keeps what was measured, and tells when they become slower.")
    .addHelpText("after", notes)
    .addCommand(runCommand(context))
    .addCommand(checkCommand(context))
    .addCommand(acceptCommand(context));
}

function runCommand(context: Context): Command {
  const command = new Command("run")
    .summary("measure the benchmarks of a file, and judge their history")
    .description("Measures the benchmarks that a file exports, and judges their history.")
    .addArgument(new HintedArgument("<file>", "file that exports benchmarks", { values: "file" }))
    .addOption(repeatable("--export <name>", "only this benchmark", { parse: String }))
    .option("--sim", "count instructions in the simulated kernel; needs no privileges")
    .option("--batches <number>", "batches of runs that are timed (default: 30)", parseCount)
    .option("--label <text>", "what to keep with the measurement, such as a commit");
  return judging(command)
    .addHelpText("after", runNotes)
    .action(async (file: string, options: PerfRunOptions) => {
      const { runBenchmarks } = await import("./run.ts");
      await runBenchmarks(file, options, context);
    });
}

function checkCommand(context: Context): Command {
  return judging(new Command("check"))
    .summary("judge a history")
    .description("Tells what became of the benchmarks in a history.")
    .addHelpText("after", checkNotes)
    .action(async (options: TrendChoice) => {
      const { checkHistory } = await import("./check.ts");
      checkHistory(options, context);
    });
}

function acceptCommand(context: Context): Command {
  return new Command("accept")
    .summary("take the level of benchmarks for what shall be")
    .description("Takes the level that benchmarks have now for what shall be.")
    .argument("[benchmarks...]", "names of benchmarks")
    .addOption(historyOption())
    .addHelpText("after", acceptNotes)
    .action(async (names: readonly string[], { history }: Pick<TrendChoice, "history">) => {
      const { acceptLevels } = await import("./accept.ts");
      acceptLevels(names, history, context);
    });
}

function judging(command: Command): Command {
  return command
    .addOption(historyOption())
    .option("--confidence <share>", "how sure a change has to be (default: 0.995)", parseShare)
    .option(
      "--threshold <share>",
      "the smallest change of time to tell (default: 0.02)",
      parseShare,
    )
    .option("--json", "print an object for programs instead of a table");
}

function historyOption(): HintedOption {
  const option = new HintedOption("--history <file>", "where measurements are kept", {
    values: "file",
  });
  option.default(defaultHistory);
  return option;
}

function parseShare(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= 0 && value < 1) return value;
  throw new InvalidArgumentError("Give a share, a number from 0 to less than 1, such as 0.99.");
}
