/**
 * The command: parses, runs, and turns what happened into an exit code.
 * @module
 */
import { CommanderError, type Command } from "commander";
import { createCommandLine } from "./command-line.ts";
import { processContext, type Context } from "./context.ts";
import { ExitCode } from "./exit-code.ts";

/** Runs the command that `words` (the command line without node and script) asks for. Never throws. */
export async function main(
  words: readonly string[],
  context: Context = processContext(),
): Promise<ExitCode> {
  const commandLine = createCommandLine(context, words[0]);
  let running: Command | undefined;
  commandLine.hook("preAction", (_root, command) => {
    running = command;
  });
  try {
    await commandLine.parseAsync(words, { from: "user" });
    return context.exitCode;
  } catch (error) {
    // Commander has said what is wrong already; code 0 means that help or version was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.ok : ExitCode.usage;
    const { reportError } = await import("./error-report.ts");
    return reportError(error, { context, json: running?.opts()["json"] === true });
  }
}
