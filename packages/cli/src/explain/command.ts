/**
 * The command line of `explain`. What it does is loaded when it is run.
 * @module
 */
import { Command } from "commander";
import { HintedArgument } from "../completion/hint.ts";
import type { Context } from "../context.ts";

/** Options of `explain`. */
export interface ExplainOptions {
  readonly json?: boolean;
}

const notes = `
Takes the bare log of any kernel from 5.x on, what libbpf, bpftool and other loaders print with it, and
errors of this toolkit. Several logs in one text are explained one after the other.

Examples:
  $ ts-ebpf explain verifier.log
  $ bpftool prog load filter.o /sys/fs/bpf/filter 2>&1 | ts-ebpf explain
  $ journalctl -u agent | ts-ebpf explain - --json | jq '.logs[].explanation.cause'

Exit code 1 when the text has no log, or a log whose reason is missing or not known; its last lines are
shown then. Needs no privileges.`;

/** The command `explain`. */
export function explainCommand(context: Context): Command {
  return new Command("explain")
    .summary("what a log of the verifier means, and what to do")
    .description("Explains why the verifier rejected a program: the cause, the place, what to do.")
    .addArgument(
      new HintedArgument("[file]", "text with the log; standard input when left out or -", {
        values: "file",
      }),
    )
    .option("--json", "print one object for programs")
    .addHelpText("after", notes)
    .action(async (path: string | undefined, options: ExplainOptions) => {
      const { explainText, readText } = await import("./run.ts");
      const isTyped = (path === undefined || path === "-") && process.stdin.isTTY;
      if (isTyped) context.remark("Reading the log from the terminal. Ctrl-D ends it.");
      explainText(await readText(path), options, context);
    });
}
