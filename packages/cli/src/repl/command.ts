/**
 * The command line of `repl`. What it does is loaded when it is run.
 * @module
 */
import { Command } from "commander";
import { HintedArgument } from "../completion/hint.ts";
import type { Context } from "../context.ts";
import { type WorldOptions, worldOption } from "../sim/world-option.ts";

/** Options of `repl`. */
export interface ReplOptions extends WorldOptions {
  /** Load into a simulated kernel. */
  readonly sim?: boolean;
  /** A text to evaluate instead of asking. */
  readonly eval?: string;
}

const notes = `
Everything of "ts-ebpf" is there by its name, and TypeScript is understood, with await and import. What
is declared anew replaces what it was. Besides there are

  await open("count.ts")     loads and attaches what a file exports
  await load({ … })          loads maps and programs; attach() and detach() for all or by name
  maps, programs, links      what was loaded, by name; maps show what is in them
  session.kernel             the kernel: the running one, or with --sim a simulated one

Events of rings are shown as they come. Commands begin with a dot: .help lists them. With --sim,
".debug programs.onPacket.run({ data })" records a run, and .line, .into, .out, .instruction, .back and
.continue go through it, TypeScript line by line; .trace prints all of it. With --world, the simulated
kernel is and has what a file says; "ts-ebpf run --help" tells what that can be.

Standard input that is no terminal, or --eval, is a script: it is evaluated as a whole, the value of its
last expression is printed, and an error ends with exit code 1, or 3 where privileges are missing.
When the REPL ends, with Ctrl-D or .exit, everything it made is detached and closed.

Examples:
  $ ts-ebpf repl
  $ ts-ebpf repl --sim
  $ ts-ebpf repl count.ts                        with a file of programs, attached
  $ ts-ebpf repl --sim --eval '1n << 40n'
  $ ts-ebpf repl --sim < script.ts
  $ ts-ebpf repl --sim --world kernel.json       with processes, functions, files that it declares

Programs need what they need of the running kernel, root mostly; --sim needs nothing.`;

/** The command `repl`. */
export function replCommand(context: Context): Command {
  return new Command("repl")
    .summary("try programs and maps line by line")
    .description(
      "Reads TypeScript, runs it, and shows what comes out, with maps and programs at hand.",
    )
    .addArgument(
      new HintedArgument("[file]", "file that exports programs, to load and attach", {
        values: "file",
      }),
    )
    .option("--sim", "load into a simulated kernel, without privileges")
    .addOption(worldOption())
    .option("--eval <text>", "evaluate this instead, and end")
    .addHelpText("after", notes)
    .action(async (file: string | undefined, options: ReplOptions) => {
      const { runRepl } = await import("./run.ts");
      await runRepl(file, options, context);
    });
}
