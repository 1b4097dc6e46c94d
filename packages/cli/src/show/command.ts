/**
 * The command line of `show` and of what it shows. What it does is loaded when it is run.
 * @module
 */
import { Command, Option } from "commander";
import type { Context } from "../context.ts";
import { parseCount } from "../value/whole-number.ts";

/** Options of `show program`. */
export interface ShowProgramOptions {
  readonly xlated?: boolean;
  readonly jited?: boolean;
  readonly json?: boolean;
}

const notes = `
Examples:
  $ ts-ebpf show program 42              what it is, and its instructions with their lines
  $ ts-ebpf show program 42 --jited      its machine code with its lines`;

const programNotes = `
Instructions are shown as the kernel has them after verification: without what is never reached, and
with addresses of maps and helpers put in. Names of functions and text of lines are there when they
were loaded along. "ts-ebpf list programs" tells the numbers.

Examples:
  $ ts-ebpf show program 42
  $ ts-ebpf show program 42 --jited
  $ ts-ebpf show program 42 --json | jq '.instructions[].text'

Needs CAP_SYS_ADMIN. Helpers have names, and machine code addresses, where kernel.kptr_restrict
allows that.`;

/** The command `show` with all it has. */
export function showCommand(context: Context): Command {
  return new Command("show")
    .summary("show what the kernel has made of something that is loaded")
    .description("Shows something that the kernel has loaded, by its number.")
    .addCommand(programCommand(context))
    .addHelpText("after", notes);
}

function programCommand(context: Context): Command {
  return new Command("program")
    .summary("a program: its instructions or machine code, and lines")
    .description("Shows a loaded program: what it is, its instructions or its machine code.")
    .argument("<id>", "number of the program", parseCount)
    .option("--xlated", "show instructions, as when neither is given")
    .addOption(new Option("--jited", "show machine code instead").conflicts("xlated"))
    .option("--json", "print one object for programs")
    .addHelpText("after", programNotes)
    .action(async (id: number, options: ShowProgramOptions) => {
      const { showProgram } = await import("./run.ts");
      await showProgram(id, options, context);
    });
}
