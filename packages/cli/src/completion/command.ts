/**
 * The command line of `completion`.
 * @module
 */
import { Argument, Command } from "commander";
import type { Context } from "../context.ts";

const shells = ["bash", "zsh", "fish"] as const;

/** A shell that there is a script for. */
export type Shell = (typeof shells)[number];

const notes = `
Examples:
  $ source <(ts-ebpf completion bash)          now; put the line into ~/.bashrc to keep it
  $ source <(ts-ebpf completion zsh)           the same in ~/.zshrc, after compinit
  $ ts-ebpf completion fish > ~/.config/fish/completions/ts-ebpf.fish`;

/** The command `completion`; it completes what `root` has. */
export function completionCommand(context: Context, root: Command): Command {
  return new Command("completion")
    .summary("print a script that completes commands in your shell")
    .description("Prints a script with which a shell completes commands and options.")
    .addArgument(new Argument("<shell>", "the shell").choices(shells))
    .addHelpText("after", notes)
    .action(async (shell: Shell) => {
      const { completionScript } = await import("./script.ts");
      context.stdout.write(completionScript(shell, root));
    });
}
